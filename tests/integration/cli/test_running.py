"""The run file and the lock: what other commands know of a running system."""

import socket
from contextlib import closing

import pytest

from services.cli.ports import PortBusyError, Ports
from services.cli.running import Lock, Run, Service, present

RUN = Run(
    pid=7,
    url="http://127.0.0.1:8080",
    started_at="2026-11-24T10:00:00+00:00",
    services={"task": Service(pid=8, address="127.0.0.1:50051", metrics="http://127.0.0.1:9101/")},
)


@pytest.fixture
def lock(tmp_path):
    taken = Lock(tmp_path)
    yield taken
    taken.release()


@pytest.fixture
def ports():
    taken = Ports()
    yield taken
    taken.release()


@pytest.fixture
def listener():
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_run_file_reads_as_it_was_saved(tmp_path):
    RUN.save(tmp_path)

    assert Run.read(tmp_path) == RUN


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"services": 3}', '{"services": {"task": 1}}']
)
def test_a_spoilt_run_file_is_as_none(tmp_path, content):
    (tmp_path / "run.json").write_text(content)

    assert Run.read(tmp_path) is None


def test_a_system_is_present_while_its_lock_is_held(tmp_path, lock):
    assert lock.take()
    RUN.save(tmp_path)
    assert present(tmp_path) == RUN

    lock.release()

    assert present(tmp_path) is None


def test_a_state_folder_has_one_holder(tmp_path, lock):
    assert lock.take()

    assert not Lock(tmp_path).take()


def test_a_lock_file_of_a_crashed_run_is_no_lock(tmp_path, lock):
    (tmp_path / "up.lock").write_text("")

    assert lock.take()


def test_a_taken_default_port_gives_way_to_the_next(ports, listener):
    assert ports.next_free(listener) > listener


def test_two_systems_never_choose_the_same_port(ports):
    other = Ports()
    try:
        assert ports.next_free(27000) != other.next_free(27000)
    finally:
        other.release()


def test_a_port_asked_for_by_name_is_not_exchanged(ports, listener):
    with pytest.raises(PortBusyError, match=rf"PORT: port {listener} is taken"):
        ports.asked(listener, variable="PORT")
