"""One metric's columns straight from the pages of a Parquet file as our compactor writes it; it is no Parquet reader.

What is written in any other way it leaves to DuckDB, by raising `Unfamiliar` (ADR 0255).
"""
