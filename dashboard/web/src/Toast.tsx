/** The message at the foot of the page, with the way back from what was done. */

import { useEffect } from "react";
import { notify, useNotice } from "./notice";
import { say } from "./say";

const SHOWN_MILLISECONDS = 15_000;

export function Toast() {
  const notice = useNotice();
  useEffect(() => {
    if (!notice || notice.isProblem) return;
    const timer = window.setTimeout(() => notify(null), SHOWN_MILLISECONDS);
    return () => window.clearTimeout(timer);
  }, [notice]);
  return (
    <div className="toast-place" role="status">
      {notice && (
        <div className={notice.isProblem ? "toast bad" : "toast"}>
          <span>{notice.text}</span>
          {notice.undo && <button onClick={notice.undo}>{say("Undo")}</button>}
          <button className="quiet icon" aria-label={say("Close")} onClick={() => notify(null)}>✕</button>
        </div>)}
    </div>
  );
}
