"""The command line of the embedded cluster: one verb per step; it must not hold any step's logic."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the one place that an older Python still reads
    sys.exit("chiplog: Python 3.11 or later is needed; this is " + sys.version.split()[0])

from chiplog_cluster.cli import main

sys.exit(main(sys.argv[1:]))
