"""Images, sounds, tables and the like as a script logs them: each becomes a file beside the run's and a value of a row.

The files' names and the values' shapes are wandb's own, so that every reader treats both alike. Packages are imported
only where a script gives an object of theirs.
"""
