"""Whether a file with a secret is tracked by git, which whoever clones the repository then has; it changes nothing."""

import subprocess
from pathlib import Path

GIT_SECONDS = 5.0


def warning(path: Path) -> str:
    """What to say of a key file; empty where git does not track it, or there is no git."""
    where = ["git", "-C", str(path.parent)]
    try:
        done = subprocess.run([*where, "ls-files", "--error-unmatch", "--", path.name], capture_output=True,
                              timeout=GIT_SECONDS, check=False)  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if done.returncode != 0:
        return ""
    return (
        f"the key file {path} is tracked by git: whoever has the repository has the key. Revoke it, take the file out "
        f"(git rm --cached {path.name}), and keep the new key elsewhere"
    )
