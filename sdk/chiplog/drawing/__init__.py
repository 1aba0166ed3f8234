"""Runs as the points of a chart; it reads tables by `chiplog.reading` alone, and serves nobody."""
