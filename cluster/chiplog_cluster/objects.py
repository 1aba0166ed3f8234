"""Lists the objects of the bucket behind one run, for the demo; runs with the environment that has boto3."""

import os
import sys

from chiplog import layout
from chiplog.bucket.opening import open_bucket
from chiplog.reading import naming


def main(name: str) -> None:
    """Print size and key of every object that belongs to a run."""
    bucket = open_bucket(os.environ["CHIPLOG_BUCKET"])
    view = naming.find(bucket, name)
    parts = [view.run, *(member.recorder.id for member in view.members)]
    for kind in ("runs", "live", "raw", "blobs"):
        for listed in bucket.list(f"{layout.VERSION}/{kind}/{view.cluster}/{view.namespace}/"):
            if any(part in listed.key for part in parts):
                print(f"{listed.size:>8} B  {os.environ['CHIPLOG_BUCKET']}/{listed.key}")


if __name__ == "__main__":
    main(sys.argv[1])
