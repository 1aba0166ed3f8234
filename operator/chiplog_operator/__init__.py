"""The operator: makes Jobs of TrainingRuns and tells how they go; it never touches what a run has written."""
