"""Makes sure that PostgreSQL does not outlive the process that started it, however that one ends.

A shell of some 1 MB that waits on a pipe: when its other end is gone, it stops the server fast, and
after three seconds immediately, which the write-ahead log makes safe.
"""

import subprocess
from pathlib import Path

SCRIPT = """
trap '' HUP INT TERM
serves() { [ "$(head -n 1 "$2" 2>/dev/null)" = "$1" ]; }
read -r _
tries=30
serves "$1" "$2" || sleep 0.5
serves "$1" "$2" && kill -INT "$1" 2>/dev/null
while serves "$1" "$2" && [ $tries -gt 0 ]; do
  sleep 0.1
  tries=$((tries - 1))
done
serves "$1" "$2" && kill -QUIT "$1" 2>/dev/null
[ -z "$3" ] || rmdir "$3" 2>/dev/null
exit 0
"""


class Minder:
    """Minds one server from its making until `end`."""

    def __init__(self, server: int, *, pid_file: Path, socket_folder: Path | None) -> None:
        folder = "" if socket_folder is None else str(socket_folder)
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", SCRIPT, "boss-minder", str(server), str(pid_file), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    def end(self) -> None:
        """Mind no more; the server goes on."""
        self._process.kill()  # not by its pipe, at whose end it would stop the server
        self._process.communicate()
