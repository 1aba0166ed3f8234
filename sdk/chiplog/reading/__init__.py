"""Reads runs from the bucket: lists them, finds them by name, gives what they recorded; it never writes.

`runs.every` lists and `naming.find` resolves a name, both to views; `details.read` folds a run's own words in;
`history.read`, `console.read` and `files.read` give what was recorded. All of these start from `rows.stream_rows`,
where each row is read once.
"""
