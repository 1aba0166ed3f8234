"""What the embedded cluster raises for people to read; it must not hold any behaviour.

ClusterError            something that we started did not do what it should
└── MachineUnfitError   this machine cannot run the embedded cluster at all (exit code 2)
"""


class ClusterError(Exception):
    """A step of the embedded cluster ended badly; the message says what was being done and where to look."""


class MachineUnfitError(ClusterError):
    """The machine lacks what no step of ours can install; the message names what, and the other ways to run Chiplog."""
