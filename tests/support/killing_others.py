"""A script with somebody else's writer that is killed: it logs for ever, and says of every call that returned, in a
file of its own, that it did. Run as a program.

    python killing_others.py tensorboardx|wandb <directory> <said>
"""

import os
import sys
import time
from collections.abc import Callable

PAUSE_SECONDS = 0.002


def tensorboardx(directory: str) -> Callable[[int], object]:
    """tensorboardX as it is."""
    import tensorboardX

    writer = tensorboardX.SummaryWriter(directory)
    return lambda step: writer.add_scalar("loss", step * 0.5, step)


def wandb(directory: str) -> Callable[[int], object]:
    """wandb as the environment says."""
    import wandb

    run = wandb.init(project="kills", dir=directory)
    return lambda step: run.log({"loss": step * 0.5})


def main() -> None:
    """Log until killed."""
    log = {"tensorboardx": tensorboardx, "wandb": wandb}[sys.argv[1]](sys.argv[2])
    said = os.open(sys.argv[3], os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    step = 0
    while True:
        log(step)
        os.write(said, b".")
        step += 1
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
