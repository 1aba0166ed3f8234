/** What stands in place of a view that cannot be had: why, and the way back; it asks for nothing. */

import { Back } from "./Back";
import { say } from "./say";

interface Props {
  why: string;
  /** Where the list is in which it would stand, and what that is called. */
  to: string;
  back: string;
}

export function Absent({ why, to, back }: Props) {
  return (
    <main className="page">
      <div className="welcome">
        <h1>{say("This cannot be shown")}</h1>
        <p className="problem" role="alert">{why}</p>
        <p><Back to={to}>{back}</Back></p>
      </div>
    </main>
  );
}
