/** TensorBoard's smoothing: an exponential moving average whose start is not pulled towards zero (debiased); it draws nothing. */

/**
 * @param values one curve; a null is a gap and stays one.
 * @param weight 0 (none) up to, but below, 1.
 */
export function smooth(values: (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0 || isConstant(values)) return values;
  const found = averaged(values, weight, new Float64Array(values.length));
  return values.map((value, at) => (isNumber(value) ? found[at] ?? value : value));
}

/** The same numbers, written into `into`, which is as long as `values`; a gap is NaN. */
export function averaged(values: (number | null)[], weight: number, into: Float64Array): Float64Array {
  const isPlain = weight <= 0 || isConstant(values);
  const shares = sharesOf(weight, values.length);
  let last = 0;
  let seen = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (!isNumber(value)) into[at] = NaN;
    else if (isPlain) into[at] = value;
    else {
      last = last * weight + (1 - weight) * value;
      seen += 1;
      into[at] = last / (shares[seen] ?? 1);
    }
  }
  return into;
}

const isNumber = (value: number | null | undefined): value is number => value !== null && value !== undefined && Number.isFinite(value);

function isConstant(values: (number | null)[]): boolean {
  for (const value of values) if (value !== values[0]) return false;
  return true;
}

let known: { weight: number; shares: Float64Array } = { weight: -1, shares: new Float64Array() };

/** What an average of so many values lacks of its whole, 1 - weight ^ count: the same for every curve that is drawn together. */
function sharesOf(weight: number, count: number): Float64Array {
  if (known.weight !== weight || known.shares.length <= count) {
    known = { weight, shares: Float64Array.from({ length: count + 1 }, (_, seen) => 1 - weight ** seen) };
  }
  return known.shares;
}
