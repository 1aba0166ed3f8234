"""What stands behind `chiplog.init()` and `chiplog.log()`: it writes files of the run directory, and nothing else.

Nothing here raises for a trouble of its own (a full disk, a deleted directory), waits for anybody, or needs a package.
"""
