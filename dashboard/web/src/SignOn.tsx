/** What somebody sees whom the server does not know: how one signs on. */

import { useState } from "react";
import * as api from "./api";
import type { Session } from "./api";
import { say } from "./say";

export function SignOn({ session, done }: { session: Session; done: () => void }) {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState("");
  const send = (event: React.FormEvent) => {
    event.preventDefault();
    api.signOn(token.trim()).then(done, (error: Error) => setProblem(error.message));
  };
  return (
    <main className="page">
      <form className="welcome card" onSubmit={send}>
        <h1>{say("Sign on")}</h1>
        {session.sign_on.oidc && (
          <p><a className="button" href={`/auth/login?next=${encodeURIComponent(location.pathname + location.search)}`}>{say("Sign on with your team's account")}</a></p>
        )}
        {session.sign_on.tokens ? (
          <>
            <p>{say("Paste a token of this cluster. It shows you the namespaces whose runs you may list.")}</p>
            <pre>kubectl create token NAME --audience chiplog-api --duration 8h</pre>
            <label className="field">{say("Token")}
              <input type="password" autoComplete="off" autoFocus value={token} onChange={(event) => setToken(event.target.value)} />
            </label>
            {problem && <p className="problem" role="alert">{problem}</p>}
            <button type="submit" disabled={!token.trim()}>{say("Sign on")}</button>
          </>
        ) : (
          session.sign_on.proxy && <p>{say("The proxy in front of this dashboard says who you are, and it said nothing. Open the dashboard by its address.")}</p>
        )}
      </form>
    </main>
  );
}
