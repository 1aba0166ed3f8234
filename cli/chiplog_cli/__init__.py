"""The `chiplog` command: one verb per question, answered from the bucket; it writes to no bucket and holds no state."""
