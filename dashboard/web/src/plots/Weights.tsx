/** Which parameters of some runs have to do with a metric, as the server weighs them. */

import * as api from "../api";
import type { Run } from "../api";
import { Importance } from "../Importance";
import { useAnswer } from "../live";
import { say } from "../say";

export function Weights({ runs, metric }: { runs: Run[]; metric: string }) {
  const ids = runs.map((run) => run.id);
  const ask = (signal: AbortSignal) => (ids.length && metric ? api.importance(ids, metric, signal) : Promise.resolve({ importance: [] }));
  const { answer, error } = useAnswer(ask, [ids, metric]);
  if (error) return <p className="problem" role="alert">{error}</p>;
  if (!answer) return <p className="hint">{say("Reading …")}</p>;
  return <Importance found={answer.importance} none={say("No parameter of these runs varies, or too few have this metric.")} />;
}
