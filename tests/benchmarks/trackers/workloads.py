"""One workload under one tracker, in a process of its own; prints its figures as one JSON line. It imports nothing of
ours but `chiplog`, so that it runs in the environment of a peer.

    python workloads.py <tracker> <workload> <directory>
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

KEYS = 10
ROWS = {"log10": 5_000, "log100": 1_000, "points": 20_000, "size": 5_000}
WARM = 200


def values(count):
    """As a training script has them: floats, the same keys each time."""
    return {f"train/metric_{index}": 0.37 * (index + 1) for index in range(count)}


def begin(tracker, folder):
    """A run of the tracker: `log(values, step)` and `finish()`."""
    if tracker == "chiplog":
        import chiplog

        run = chiplog.init(project="bench", dir=folder)
        return lambda row, step: run.log(row), run.finish
    if tracker == "wandb":
        os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DIR=folder, WANDB_CONSOLE="off")
        import wandb

        run = wandb.init(project="bench")
        return lambda row, step: run.log(row), run.finish
    if tracker == "tensorboardX":
        from tensorboardX import SummaryWriter

        writer = SummaryWriter(folder)

        def log(row, step):
            for key, value in row.items():
                writer.add_scalar(key, value, step)

        return log, writer.close
    return _begin_heavy(tracker, folder)


def _begin_heavy(tracker, folder):
    if tracker == "trackio":
        os.environ.update(TRACKIO_DIR=folder, HF_HUB_OFFLINE="1")
        import trackio

        run = trackio.init(project="bench")
        return lambda row, step: run.log(row), trackio.finish
    if tracker == "neptune-scale":
        from neptune_scale import Run

        run = Run(experiment_name="bench", project="a/b", api_token="e30=", mode="offline", log_directory=folder)
        return lambda row, step: run.log_metrics(data=row, step=step), run.close
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.start_run()
    return lambda row, step: mlflow.log_metrics(row, step=step), mlflow.end_run


def latencies(log, count, rows):
    """Nanoseconds of each call."""
    clock, row, found = time.perf_counter_ns, values(count), []
    for step in range(WARM):
        log(row, step)
    for step in range(WARM, WARM + rows):
        row["train/metric_0"] = step * 0.5
        started = clock()
        log(row, step)
        found.append(clock() - started)
    return found


def measure(tracker, workload, folder):
    """The figures of one workload."""
    started = time.perf_counter()
    log, finish = begin(tracker, folder)
    ready = time.perf_counter() - started
    rows = ROWS.get(workload, 0) * (10 if tracker == "chiplog" and workload == "points" else 1)
    if tracker in ("mlflow", "neptune-scale", "tensorboardX") and rows:
        rows = max(rows // 20, 100)
    figures = {"ready_seconds": ready}
    if workload in ("log10", "log100"):
        found = sorted(latencies(log, 10 if workload == "log10" else 100, rows))
        figures |= {"p50_us": found[len(found) // 2] / 1e3, "p99_us": found[int(len(found) * 0.99)] / 1e3}
    if workload in ("points", "size"):
        row = values(KEYS)
        started = time.perf_counter()
        for step in range(rows):
            log(row, step)
        finish()
        figures["points_per_second"] = rows * KEYS / (time.perf_counter() - started)
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file() and not path.is_symlink())
        figures["bytes_per_point"] = size / (rows * KEYS)
    else:
        finish()
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures |= {"cpu_seconds": used.ru_utime + used.ru_stime, "rss_mib": peak_mib()}
    return figures


def peak_mib():
    """This program's own peak: `ru_maxrss` would be the benchmark's, which outlives exec."""
    told = Path("/proc/self/status").read_text().partition("VmHWM:")[2]
    return int(told.split()[0]) / 1024


if __name__ == "__main__":
    print("FIGURES " + json.dumps(measure(*sys.argv[1:4])))
    sys.stdout.flush()
