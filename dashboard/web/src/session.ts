/** Who looks, as the server knows them; the page itself holds no token. */

import { useCallback, useEffect, useState } from "react";
import * as api from "./api";
import type { Session } from "./api";

const ENDED = "chiplog:session";

/** Ask the server again who looks: whoever was refused calls it. */
export function doubted(): void {
  window.dispatchEvent(new Event(ENDED));
}

export function useSession() {
  const [session, setSession] = useState<Session | null>(null);
  const ask = useCallback(() => void api.session().then(setSession, () => undefined), []);
  useEffect(() => {
    ask();
    window.addEventListener(ENDED, ask);
    return () => window.removeEventListener(ENDED, ask);
  }, [ask]);
  return { session, ask };
}
