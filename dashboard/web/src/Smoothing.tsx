/** How much curves are smoothed: what the slider says is drawn while it moves, and stands in the link when it rests. */

import { useEffect, useMemo, useState } from "react";
import { Moving } from "./moving";
import { say } from "./say";

/** The slider's movements, for charts to follow; `settle` takes the weight where it rests. */
export function useMovingSmoothing(smoothing: string, settle: (value: string) => void): Moving {
  const moving = useMemo(() => new Moving((weight) => settle(String(weight))), [settle]);
  // A link that says something else meanwhile is obeyed.
  useEffect(() => () => moving.leave(), [moving, smoothing]);
  return moving;
}

export function Smoothing({ smoothing, moving }: { smoothing: string; moving: Moving }) {
  const [shown, setShown] = useState(smoothing);
  useEffect(() => setShown(smoothing), [smoothing]);
  const moved = (value: string) => {
    setShown(value);
    moving.to(Number(value));
    if (!Number(smoothing)) moving.end(); // Raw values get a line behind them first: another chart, which is drawn once.
  };
  return (
    <label>{say("Smoothing")}
      <input type="range" min="0" max="0.99" step="0.01" value={shown} onChange={(event) => moved(event.target.value)} />
      <output>{(Number(shown) || 0).toFixed(2)}</output>
    </label>
  );
}
