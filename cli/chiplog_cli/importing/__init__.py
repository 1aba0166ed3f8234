"""Run directories of others and of ours, brought into a bucket: `finding` finds them, `mlflow` turns one into ours,
`syncing` ships them. A directory is never written to, but for our own run directories."""
