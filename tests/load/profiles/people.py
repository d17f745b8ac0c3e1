"""What Locust runs: `locust -f tests/load/profiles/people.py`, started by `run.py`, never imported.

Locust puts gevent in place of the sockets of its process, so it has one of its own. What it needs
comes in LOAD_RUN, a file: the address, the file of the world, the plan, and where the result goes.
"""

import json
import os
import time
from collections import Counter
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import gevent
from locust import FastHttpUser, LoadTestShape, between, constant_throughput, events, task

from tests.load.profiles.behaviour import MIX, Crowd, Role
from tests.load.profiles.world import places

RUN = json.loads(Path(os.environ["LOAD_RUN"]).read_text())
PLAN = RUN["plan"]
WORLD = places(Path(RUN["world"]))
CROWD = Crowd(WORLD, bursts=RUN["bursts"])
HISTORY: list[dict] = []
FAULTS: Counter[str] = Counter()
HEARD: list[float] = []
STREAMS = 20
SHARES = {role: sum(kind.share for kind in MIX if kind.role is role) for role in Role}


class Someone(FastHttpUser):
    """Draws a request by its share, sends it, and thinks; `role` None: plays all parts."""

    abstract = True
    role: Role | None = None
    host = RUN["base"]
    network_timeout = connection_timeout = 30.0
    wait_time = between(1, 3)

    @task
    def act(self):
        ask = CROWD.ask(CROWD.kind(self.role), now_s=time.monotonic())
        with self.client.request(
            ask.method, ask.path, data=ask.body, headers=CROWD.headers(ask),
            name=ask.kind.name, catch_response=True,
        ) as answer:  # fmt: skip
            if answer.status_code == 0 or answer.status_code >= 400:
                FAULTS[f"{ask.kind.name}: {answer.status_code} {(answer.text or '')[:200]}"] += 1
            else:
                etag = answer.headers.get("etag")
                CROWD.answered(ask, answer.status_code, etag, answer.content or b"")
                answer.success()


def played(name, role, weight, **more):
    """A class of users; all have one shape and another part."""
    return type(name, (Someone,), {"role": role, "weight": weight, **more})


if PLAN["rate"] is None:
    Board = played("Board", Role.BOARD, SHARES[Role.BOARD])
    Member = played("Member", Role.MEMBER, SHARES[Role.MEMBER])
    Boss = played("Boss", Role.BOSS, SHARES[Role.BOSS])
    Program = played("Program", Role.PROGRAM, SHARES[Role.PROGRAM])
else:
    pace = constant_throughput(PLAN["rate"] / PLAN["users"])
    Everybody = played("Everybody", None, 1, wait_time=pace)


class Course(LoadTestShape):
    """How many there are at a time; a ramp ends where the product no longer keeps its limits."""

    def __init__(self):
        super().__init__()
        self.broken = None
        self.step = 0
        self.before = (0, 0)

    def tick(self):
        passed = self.get_run_time()
        steps = PLAN["steps"]
        if passed > PLAN["seconds"]:
            return None
        if steps is None:
            return PLAN["users"], PLAN["spawn_per_s"]
        step = int(passed // steps["seconds"])
        if step > self.step:
            self.step = step
            if self._fails():
                self.broken = self.get_current_user_count()
                return None
        users = (step + 1) * steps["users"]
        return (users, PLAN["spawn_per_s"]) if users <= steps["most"] else None

    def _fails(self):
        total = self.runner.stats.total
        requests, failures = total.num_requests, total.num_failures
        asked, failed = requests - self.before[0], failures - self.before[1]
        self.before = (requests, failures)
        p95 = total.get_current_response_time_percentile(0.95) or 0
        limits = PLAN["limits"]
        return p95 > limits["p95_ms"] or failed > asked * limits["errors"]


def look(environment):
    """Notes each second how it stands."""
    began = time.monotonic()
    while True:
        total = environment.stats.total
        HISTORY.append(
            {
                "at_s": round(time.monotonic() - began, 1),
                "users": environment.runner.user_count,
                "rate": total.current_rps,
                "failures": total.current_fail_per_sec,
                "p50_ms": total.get_current_response_time_percentile(0.5) or 0,
                "p95_ms": total.get_current_response_time_percentile(0.95) or 0,
            }
        )
        gevent.sleep(1)


def listen(token):
    """Follows a workspace's events as a board does, and notes how long each took to come."""
    where = urlsplit(RUN["base"])
    connection = HTTPConnection(where.hostname, where.port, timeout=60)
    connection.request("GET", "/api/events", headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    while line := answer.readline():
        if line.startswith(b"data: "):
            at = json.loads(line[6:])["at"]
            HEARD.append((time.time() - stamp(at)) * 1000)


def stamp(at):
    """Seconds since 1970 of an instant as the API writes it."""
    return datetime.fromisoformat(at).timestamp()


@events.test_start.add_listener
def begin(environment, **_):
    gevent.spawn(look, environment)
    for place in WORLD[:STREAMS]:
        gevent.spawn(listen, place.tokens[Role.BOARD][0])


@events.quitting.add_listener
def tell(environment, **_):
    stats = environment.stats
    shape = environment.shape_class

    def line(entry):
        return {
            "requests": entry.num_requests,
            "failures": entry.num_failures,
            "rate": entry.total_rps,
            "p50_ms": entry.get_response_time_percentile(0.5),
            "p95_ms": entry.get_response_time_percentile(0.95),
            "p99_ms": entry.get_response_time_percentile(0.99),
        }

    told = {
        "total": line(stats.total),
        "kinds": {name: line(entry) for (name, _), entry in sorted(stats.entries.items())},
        "history": HISTORY,
        "faults": dict(FAULTS.most_common(10)),
        "heard_ms": sorted(HEARD),
        "broken_at": getattr(shape, "broken", None),
    }
    Path(RUN["result"]).write_text(json.dumps(told))
