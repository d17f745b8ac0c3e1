"""`make run` as a terminal meets it: make itself adds no noise, and leaves nothing running."""

import fcntl
import os
import pty
import signal
import termios

import pytest

from tests.e2e.system import ROOT, STOP_S, System, until

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def by_make(tmp_path):
    system = System(tmp_path)
    system.command = ("make", "-s", "-C", str(ROOT), "run")
    try:
        yield system
    finally:
        await system.close()


async def test_a_second_make_run_says_where_the_first_is_and_ctrl_c_stops_all(by_make, tmp_path):
    await by_make.start()
    await until(lambda: "Stop   Ctrl-C" in by_make.said())
    second = System(tmp_path)
    second.command = by_make.command
    second.output = tmp_path / "second.log"
    await second.launch()
    await second.process.wait()
    assert second.process.returncode != 0
    assert f"already running at {by_make.url}" in second.said()
    await second.client.aclose()

    assert await by_make.stop() <= STOP_S

    assert "Stopped; everything is kept." in by_make.said()
    assert "make" not in by_make.said().split("Ctrl-C", 1)[1]


async def test_a_termination_sent_to_the_whole_group_still_stops_in_order(by_make):
    await by_make.start()

    assert await by_make.stop(signal.SIGTERM) <= STOP_S

    assert "Stopped; everything is kept." in by_make.said()


async def test_a_killed_make_leaves_nothing(by_make):
    await by_make.start()

    by_make.process.kill()

    await until(lambda: not by_make.processes(), within_s=STOP_S + 1)


async def test_a_closed_terminal_stops_all(by_make):
    terminal, ours = pty.openpty()
    await by_make.launch(
        stdin=ours,
        stdout=ours,
        stderr=ours,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(ours)
    await by_make.ready()

    os.close(terminal)

    await until(lambda: not by_make.processes(), within_s=STOP_S)
