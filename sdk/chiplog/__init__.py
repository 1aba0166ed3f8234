"""What every Chiplog program shares: the bucket's layout and records, the run directory, and how they are read.

It never imports a program of ours, and its base modules need nothing but the standard library.
"""

__version__ = "0.1.0"
