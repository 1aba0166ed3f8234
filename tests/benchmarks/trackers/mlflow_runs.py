"""P17's peer: mlflow asks its own SQLite store for the first hundred of many runs by a metric, by `search_runs`.

Run by mlflow's own Python: `mlflow_runs.py COUNT ROUNDS FOLDER`. The first run is logged by mlflow; the others are its
copies in the database, each with values of its own, for to log 10,000 takes mlflow minutes and is not what counts.
"""

import random
import sqlite3
import sys
import time
from pathlib import Path

METRICS = 8
PARAMETERS = {"lr": 0.1, "batch": 32, "model": "resnet", "seed": 1}


def main() -> None:
    count, rounds, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    with mlflow.start_run() as run:
        mlflow.log_params(PARAMETERS)
        mlflow.log_metrics({f"metric_{number}": 0.0 for number in range(METRICS)}, step=1)
    copy(folder / "mlflow.db", run.info.run_id, count)
    client = mlflow.MlflowClient()
    for number in range(rounds):
        began = time.monotonic()
        order = [f"metrics.metric_{number % METRICS} ASC"]
        found = client.search_runs([run.info.experiment_id], order_by=order, max_results=100)
        took = time.monotonic() - began
        values = [item.data.metrics[f"metric_{number % METRICS}"] for item in found]
        if len(values) != 100 or values != sorted(values):
            raise SystemExit(f"mlflow answered {values}")
        print(f"FIGURE {took * 1000}", flush=True)


def copy(database: Path, first: str, count: int) -> None:
    """Every row of the first run again for each of the others, in every table that names its run."""
    with sqlite3.connect(database) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in names:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            if "run_uuid" not in columns:
                continue
            rows = connection.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", (first,)).fetchall()
            marks = ", ".join("?" * len(columns))
            copies = (_copied(columns, row, number) for number in range(1, count) for row in rows)
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", copies)


def _copied(columns: list[str], row: tuple[object, ...], number: int) -> list[object]:
    own = {"run_uuid": f"{number:032x}", "name": f"run{number}"}
    if "is_nan" in columns:
        own["value"] = random.random()
    return [own.get(column, value) for column, value in zip(columns, row, strict=True)]


if __name__ == "__main__":
    main()
