"""The compactor: folds what recorders left of ended runs into tables; it alone deletes."""
