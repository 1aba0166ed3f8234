/** Holds an error of what it is put around: a broken panel is a broken panel, and never an empty page. */

import { Component, type ReactNode } from "react";
import { say } from "./say";

interface Props {
  /** What it is around, in the words of its reader. */
  name: string;
  /** Whenever this changes, what is inside is tried again. */
  when?: string;
  children: ReactNode;
}

export class Boundary extends Component<Props, { problem: string }> {
  override state = { problem: "" };

  static getDerivedStateFromError(error: unknown) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }

  override componentDidUpdate(before: Props) {
    if (before.when !== this.props.when && this.state.problem) this.setState({ problem: "" });
  }

  override render() {
    if (!this.state.problem) return this.props.children;
    return (
      <section className="card broken" role="alert">
        <h2>{say("{name} cannot be shown", { name: this.props.name })}</h2>
        <p className="problem">{this.state.problem}</p>
        <button onClick={() => this.setState({ problem: "" })}>{say("Try again")}</button>
      </section>
    );
  }
}
