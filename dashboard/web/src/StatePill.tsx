/** The state of a run as a word with a colour; the colour alone says nothing that the word does not. */

import type { State } from "./api";

export function StatePill({ state, reason }: { state: State; reason?: string | undefined }) {
  return <span className={`pill ${state}`} title={reason || state}>{state}</span>;
}
