"""A service as a process: it starts or says why not, and ends in time whatever it does."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
STAND_IN = Path(__file__).with_name("stand_in.py")


class Service:
    """The stand-in, started with these variables."""

    def __init__(self, folder, behaviour, **variables):
        self.task_port, self.metrics_port = free_port(), free_port()
        environment = {
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT),
            "BOSS_STATE_DIR": str(folder / "state"),
            "BOSS_TASK_ADDRESS": f"127.0.0.1:{self.task_port}",
            "BOSS_METRICS_PORT": str(self.metrics_port),
            **variables,
        }
        self.process = subprocess.Popen(
            [sys.executable, STAND_IN, behaviour],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until_says(self, event):
        """Return the log line with this event; the process has to write it before it ends."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            told = json.loads(line)
            if told["event"] == event:
                return told
        pytest.fail(f"ended with {self.process.wait()} without saying {event!r}")

    def end(self, *, limit_s=20):
        """Return the exit code and what it said last."""
        said = self.process.communicate(timeout=limit_s)[1]
        return self.process.returncode, said


@pytest.fixture
def start(tmp_path):
    started = []

    def starting(behaviour="serves", **variables):
        started.append(Service(tmp_path, behaviour, **variables))
        return started[-1]

    yield starting
    for service in started:
        service.process.kill()
        service.process.communicate()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(start, number):
    service = start()
    service.until_says("serving")

    service.process.send_signal(number)
    code, said = service.end()

    assert code == 0
    assert '"event": "stopping"' in said


@pytest.mark.parametrize("behaviour", ["hangs", "closes slowly"])
def test_nothing_keeps_it_longer_than_three_seconds(start, behaviour):
    service = start(behaviour)
    service.until_says("serving")
    if behaviour == "hangs":
        time.sleep(0.5)  # until its loop is stuck

    began = time.monotonic()
    service.process.terminate()
    service.end()

    assert time.monotonic() - began < 4


def test_it_ends_when_its_starter_is_gone(start):
    service = start(BOSS_PARENT_PIPE="1")
    service.until_says("serving")

    service.process.stdin.close()
    service.process.stdin = None

    assert service.end()[0] == 0


def test_a_start_that_waits_is_ended_at_once(start, tmp_path):
    service = start(
        "waits for the database", DATABASE_URL=f"postgresql://x@/x?host={tmp_path}/nowhere"
    )
    service.until_says("waiting for the database")

    service.process.terminate()

    assert service.end()[0] == 0


def test_a_wrong_variable_stops_it_and_is_named(start):
    code, said = start(BOSS_STAT_DIR="/tmp").end()

    assert code == 2
    assert "BOSS_STAT_DIR in the environment" in said
    assert "did you mean BOSS_STATE_DIR?" in said
    assert "Traceback" not in said


def test_a_busy_port_stops_it_and_is_named(start):
    first = start()
    first.until_says("serving")

    code, said = start(BOSS_TASK_ADDRESS=f"127.0.0.1:{first.task_port}").end()

    assert code == 3
    assert f"127.0.0.1:{first.task_port} cannot be listened on: it is in use" in said


def test_a_busy_metrics_port_that_was_asked_for_stops_it(start):
    first = start()
    first.until_says("serving")

    code, said = start(BOSS_METRICS_PORT=str(first.metrics_port)).end()

    assert code == 3
    assert "BOSS_METRICS_PORT" in said


def test_a_defect_at_the_start_is_logged_and_ends_it(start):
    code, said = start("breaks").end()

    assert code == 1
    assert "ZeroDivisionError" in said


def test_it_serves_its_metrics_and_health(start):
    service = start()
    told = service.until_says("serving")
    base = f"http://127.0.0.1:{service.metrics_port}"

    def get(path):
        with urllib.request.urlopen(base + path, timeout=5) as answer:  # noqa: S310 -- our own
            return answer.read().decode()

    assert told["metrics"] == f"{base}/metrics"
    assert 'boss_ready{service="task"}' in get("/metrics")
    assert json.loads(get("/health"))["status"] == "ok"
    with pytest.raises(urllib.error.HTTPError):
        get("/other")
