"""What the process takes along when it starts."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_http_client_is_not_loaded_where_there_is_no_model():
    program = "import sys, services.ai.__main__; sys.exit('httpx' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
