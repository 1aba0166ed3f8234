/** TensorBoard's smoothing: an exponential moving average whose start is not pulled towards zero (debiased). */

/**
 * @param values one curve; a null is a gap and stays one.
 * @param weight 0 (none) up to, but below, 1.
 */
export function smooth(values: (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0 || values.every((value) => value === values[0])) return values;
  let last = 0;
  let seen = 0;
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return value;
    last = last * weight + (1 - weight) * value;
    seen += 1;
    return last / (1 - weight ** seen);
  });
}
