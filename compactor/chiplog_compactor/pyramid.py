"""The pyramid of a run's metrics: extremes and last values over buckets of steps, for charts; it reads and writes local
files only.

A bucket of level L covers the steps `[n * 2^L, (n + 1) * 2^L)`, so that the buckets of all runs lie on one grid. Levels
go up in steps of 3 (eight buckets become one) from the first that has at most half as many buckets as there are points,
to the first with at most BUCKETS of them: a chart reads the level that has as many buckets as it has pixels, and no
extreme is ever lost. A number that is no number is counted and takes no part. Rows without a step are in no bucket.
"""

from pathlib import Path

from chiplog.reading import tables as reading

BUCKETS = 128
"""The highest level of a metric has at most this many buckets."""

_SERIES = "project, run, attempt, rank, recorder, stream, key"

_QUERY = f"""
CREATE TABLE points AS
SELECT {_SERIES}, "at", step, time, value FROM read_parquet($history)
WHERE key IS NOT NULL AND step IS NOT NULL AND type IN ('float', 'integer', 'boolean');

CREATE TABLE series AS
SELECT {_SERIES}, count(*) AS points, min(step) AS low, max(step) AS high
FROM points GROUP BY ALL HAVING count(*) > {BUCKETS};
"""

_LEVELS = f"""
CREATE TABLE levels AS
SELECT {_SERIES}, level::UTINYINT AS level FROM series, range(0, 63, 3) AS steps(level)
WHERE (high >> level) - (low >> level) + 1 <= points / 2
  AND (level < 3 OR (high >> (level - 3)) - (low >> (level - 3)) + 1 > {BUCKETS});

CREATE TABLE pyramid AS
SELECT {_SERIES}, level, (step >> level) << level AS step, count(*) AS points,
    count(*) FILTER (NOT isfinite(value)) AS not_finite,
    min(value) FILTER (isfinite(value)) AS min, max(value) FILTER (isfinite(value)) AS max,
    arg_max(value, "at") FILTER (isfinite(value)) AS last, arg_max(step, "at") AS last_step, max(time) AS last_time
FROM points JOIN levels USING ({_SERIES}) GROUP BY ALL
ORDER BY key, level DESC, attempt, rank, recorder, stream, step
"""


def write(history: Path, path: Path) -> tuple[int, str]:
    """Write the pyramid of a part of the history; its lines, and their checksum for `tables.check`."""
    from chiplog_compactor import tables

    with reading.connect() as connection:
        for query in (_QUERY + _LEVELS).split(";"):
            connection.execute(query, {"history": str(history)} if "$history" in query else {})
        connection.execute(f"COPY pyramid TO '{path}' {tables.COPY}")
        return tables.checksum(connection, "pyramid")
