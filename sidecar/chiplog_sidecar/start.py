"""The recorder's entry in a container: takes SIGTERM from the first moment on, then loads the rest.

As PID 1 a process without a handler ignores SIGTERM, and loading botocore takes seconds of a tenth of a core: a
training container that ends sooner would else hold its pod for the whole grace period.
"""

import gc
import signal
import threading


def main() -> None:
    """Remember a SIGTERM that comes while the recorder loads, and run it."""
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    gc.disable()  # Until the recorder is made: all of it stays, and to look for garbage meanwhile takes a sixth of it.
    from chiplog_sidecar import main as recording

    recording.main(asked)


if __name__ == "__main__":
    main()
