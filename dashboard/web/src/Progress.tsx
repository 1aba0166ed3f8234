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
    () => [steps.map((step) => step.x), steps.map((step) => step.value), steps.map((step) => step.best)], [steps]);
  const series: uPlot.Series[] = [
    {},
    { stroke: "transparent", paths: () => null, points: { show: true, size: 6, width: 0, fill: faded(colour(0, dark), 0.55) } },
    { stroke: colour(2, dark), width: 2, paths: uPlot.paths.stepped!({ align: 1 }), points: { show: false } },
  ];
  const tell = (place: number) => {
    const step = steps[place];
    return step ? [say("{name}, trial {place} to end", { name: step.trial.name, place: step.x }), `${sweep.metric ?? say("value")} ${format.value(step.value) || say("none")}`, say("best so far {value}", { value: format.value(step.best) })] : [];
  };
  return (
    <section className="card">
      <h2>{say("Best so far")}</h2>
      <Plot data={data} series={series} dark={dark} height={190} tell={tell} label={say("Best {metric} so far, over {count} trials", { metric: sweep.metric ?? say("value"), count: steps.length })} />
    </section>
  );
}
