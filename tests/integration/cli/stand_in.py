"""A stand-in for a service, as a process of its own: `python stand_in.py NAME [how]`.

It ends at SIGTERM and when its standard input closes, as a service does; `stubborn` ignores
SIGTERM, `refusing` exits with the code of wrong settings, `gateway` answers /ready.
"""

import http.server
import os
import signal
import sys
import threading
import time
from pathlib import Path


class Gateway(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_args):
        pass


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


def main():
    name, how = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "plain"
    if how == "refusing":
        sys.stderr.write("BOSS_NONSENSE in the environment is no variable\n")
        sys.exit(2)
    stops = Path(os.environ["BOSS_STATE_DIR"]) / "stops"

    def stop(_number, _frame):
        if how != "stubborn":
            with stops.open("a") as file:
                file.write(name + "\n")
            os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    threading.Thread(target=end_with_parent, daemon=True).start()
    if name == "gateway":
        server = http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Gateway)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    (stops.parent / f"{name}.up").touch()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
