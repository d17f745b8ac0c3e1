"""What can be known of a process by its id, on Linux and macOS."""

import os
import subprocess
from pathlib import Path


def alive(pid: int) -> bool:
    """Return whether this process runs; one that has ended and waits for its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rsplit(")", 1)[-1].split()[0] not in {"Z", "X"}


def command_line(pid: int) -> str:
    """Return the command line of a process, empty where it is gone."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        listed = ["ps", "-o", "command=", "-p", str(pid)]
        return subprocess.run(listed, capture_output=True, text=True, check=False).stdout
    return words.replace(b"\0", b" ").decode(errors="replace")
