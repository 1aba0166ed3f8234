/** The best value of a sweep so far, over the trials as they ended. */

import { useMemo } from "react";
import uPlot from "uplot";
import type { SweepDetail } from "./api";
import { colour, faded } from "./colours";
import * as format from "./format";
import { Plot } from "./Plot";
import { progress } from "./trials";
import { say } from "./say";

export function Progress({ sweep, dark }: { sweep: SweepDetail; dark: boolean }) {
  const steps = useMemo(() => progress(sweep), [sweep]);
  const data = useMemo<uPlot.AlignedData>(
    () => [steps.map((step) => step.x), steps.map((step) => (step.isRunning ? null : step.value)), steps.map((step) => step.best), steps.map((step) => (step.isRunning ? step.value : null))], [steps]);
  const series: uPlot.Series[] = [
    {},
    { stroke: "transparent", paths: () => null, points: { show: true, size: 6, width: 0, fill: faded(colour(0, dark), 0.55) } },
    { stroke: colour(2, dark), width: 2, paths: uPlot.paths.stepped!({ align: 1 }), points: { show: false } },
    { stroke: "transparent", paths: () => null, points: { show: true, size: 7, width: 1.5, stroke: colour(1, dark), fill: "transparent" } },
  ];
  const tell = (place: number) => {
    const step = steps[place];
    if (!step) return [];
    const value = `${sweep.metric ?? say("value")} ${format.value(step.value) || say("none")}`;
    return step.isRunning
      ? [say("{name}, still running", { name: step.trial.name }), say("{value}, the newest", { value })]
      : [say("{name}, trial {place} to end", { name: step.trial.name, place: step.x }), value, say("best so far {value}", { value: format.value(step.best) })];
  };
  return (
    <section className="card">
      <h2>{say("Best so far")}</h2>
      <Plot data={data} series={series} dark={dark} height={190} tell={tell} label={say("Best {metric} so far, over {count} trials", { metric: sweep.metric ?? say("value"), count: sweep.trial_list.length })} />
      <p className="hint">{say("It counts trials that are over and did not fail, each by the best value that it logged. Rings are trials that still run, by their newest value.")}</p>
    </section>
  );
}
