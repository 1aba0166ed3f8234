"""`import chiplog` in one small script: gradient descent on a line, with a chart, a table and a saved model.

Run it anywhere: `python3 fit.py --steps 200`. In a pod the recorder beside it ships what it writes.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

import chiplog


def main() -> None:
    """Fit y = slope x + offset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--pace", type=float, default=0.05, help="seconds that a step takes at least")
    options = parser.parse_args()
    random = np.random.default_rng(7)
    x = random.uniform(-1, 1, 500)
    y = 3 * x - 1 + random.normal(scale=0.1, size=x.size)
    slope = offset = 0.0
    with chiplog.init(project="demo", config=options, job_type="fit") as run:
        run.define_metric("loss", summary="min,last", goal="minimize")
        run.use_dataset("line", "generated://line?seed=7", digest="seed:7")
        print(f"run {run.name}: {options.steps} steps")
        for _ in range(options.steps):
            error = slope * x + offset - y
            slope, offset = slope - options.lr * (error * x).mean(), offset - options.lr * error.mean()
            run.log({"loss": float((error**2).mean()), "line": {"slope": slope, "offset": offset}})
            time.sleep(options.pace)
        residuals = slope * x + offset - y
        run.log({
            "residuals": chiplog.Histogram(residuals, num_bins=20),
            "worst": chiplog.Table(columns=["x", "y"], data=[[x[i], y[i]] for i in np.argsort(-abs(residuals))[:10]]),
            "picture": chiplog.Image(np.histogram2d(y, x, bins=48)[0][::-1] / 4, caption="where the points lie"),
        })  # fmt: skip
        run.summary["quality"] = "good" if abs(slope - 3) < 0.1 else "poor"
        Path("line.json").write_text(json.dumps({"slope": slope, "offset": offset}))
        run.save("line.json")


if __name__ == "__main__":
    main()
