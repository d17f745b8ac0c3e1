"""Who asks what how often: the mix that every load test here takes its requests from.

Pure: a `Crowd` makes requests of a kind and learns from the answers, and whoever drives it (Locust,
the capacity measure) only sends. Tasks go the way they go in life: made, begun, handed in, approved
or sent back. Old tasks are asked for more seldom than new ones, and people write in bursts: of the
workspaces a quarter writes at a time, for 20 s each (`bursts=False`: all, always).
"""

import enum
import json
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

BURST_S = 20.0
WRITING = 4  # one of so many workspaces writes at a time
KEPT_TASKS = 400
ETAGS = 5_000


class Role(enum.StrEnum):
    """Whose part is played."""

    BOARD = "board"
    MEMBER = "member"
    BOSS = "boss"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request, and how many of a thousand it is."""

    name: str
    role: Role
    share: int
    write: bool = False


MIX = (
    Kind("board: open tasks", Role.BOARD, 180),
    Kind("board: dashboard", Role.BOARD, 100),
    Kind("board: figures", Role.BOARD, 60),
    Kind("board: a task", Role.BOARD, 60),
    Kind("member: own tasks", Role.MEMBER, 130),
    Kind("member: a task", Role.MEMBER, 90),
    Kind("member: who am I", Role.MEMBER, 10),
    Kind("member: start", Role.MEMBER, 20, write=True),
    Kind("member: submit", Role.MEMBER, 20, write=True),
    Kind("member: comment", Role.MEMBER, 15, write=True),
    Kind("boss: what waits for approval", Role.BOSS, 50),
    Kind("boss: a task", Role.BOSS, 30),
    Kind("boss: approve", Role.BOSS, 15, write=True),
    Kind("boss: reject", Role.BOSS, 5, write=True),
    Kind("boss: a message", Role.BOSS, 5, write=True),
    Kind("program: a task", Role.PROGRAM, 70),
    Kind("program: a page", Role.PROGRAM, 60),
    Kind("program: ten tasks", Role.PROGRAM, 30),
    Kind("program: search", Role.PROGRAM, 30),
    Kind("program: create", Role.PROGRAM, 15, write=True),
    Kind("program: change", Role.PROGRAM, 5, write=True),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in MIX}
# What is done where there is nothing to begin, hand in or approve.
CREATE = KINDS["program: create"]
WORDS = ("invoice", "login", "report", "contract", "backup", "banner", "survey", "pump")


@dataclass(slots=True)
class Place:
    """A workspace with the tokens of those who are in it, and how its tasks stand."""

    tokens: Mapping[str, Sequence[str]]  # by role
    names: Sequence[str]  # of the members, in the order of their tokens
    # (task, the member who holds it)
    tasks: deque[tuple[str, int]] = field(default_factory=lambda: deque(maxlen=KEPT_TASKS))
    # Those of them that can be begun, handed in, approved.
    pending: deque[tuple[str, int]] = field(default_factory=deque)
    started: deque[tuple[str, int]] = field(default_factory=deque)
    submitted: deque[tuple[str, int]] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to send; `then` takes the decoded answer of a success."""

    kind: Kind
    method: str
    path: str
    token: str
    body: bytes | None = None
    then: Callable[[dict], None] | None = None
    # Whether the sender keeps the answer's ETag and sends it next time, as browsers do.
    remembers: bool = False


class Crowd:
    """Everybody of all workspaces."""

    def __init__(self, places: Sequence[Place], *, seed: int = 1, bursts: bool = True) -> None:
        self._places = places
        self._random = random.Random(seed)  # noqa: S311 -- no secret
        self._bursts = bursts
        self._etags: dict[tuple[str, str], str] = {}
        self._made = 0

    def kind(self, role: Role | None = None) -> Kind:
        """Draw a kind by its share, of one role or of all."""
        kinds = [kind for kind in MIX if role in (None, kind.role)]
        return self._random.choices(kinds, [kind.share for kind in kinds])[0]

    def ask(self, kind: Kind, *, now_s: float) -> Ask:
        """Return a request of a kind, from a workspace whose turn it is."""
        place = self._place(kind, now_s)
        if kind.role is Role.BOARD or kind.role is Role.PROGRAM:
            return self._by_board_or_program(kind, place)
        return (
            self._by_member(kind, place) if kind.role is Role.MEMBER else self._by_boss(kind, place)
        )

    def headers(self, ask: Ask) -> dict[str, str]:
        """Return what to send with it."""
        told = {"Authorization": f"Bearer {ask.token}"}
        if ask.body is not None:
            told["Content-Type"] = "application/json"
        etag = self._etags.get((ask.token, ask.path)) if ask.remembers else None
        if etag is not None:
            told["If-None-Match"] = etag
        if ask.method == "PATCH":
            told["If-Match"] = "*"
        return told

    def answered(self, ask: Ask, status: int, etag: str | None, body: bytes) -> None:
        """Learn from an answer."""
        if ask.remembers and status == 200 and etag:
            if len(self._etags) >= ETAGS:
                self._etags.clear()
            self._etags[ask.token, ask.path] = etag
        if ask.then is not None and 200 <= status < 300:
            ask.then(json.loads(body))

    def _place(self, kind: Kind, now_s: float) -> Place:
        if not (kind.write and self._bursts):
            return self._random.choice(self._places)
        writing = max(1, len(self._places) // WRITING)
        first = int(now_s // BURST_S) * writing
        return self._places[(first + self._random.randrange(writing)) % len(self._places)]

    def _held(self, place: Place) -> tuple[str, int]:
        """One of a workspace's tasks and who holds it, the newest most often."""
        count = len(place.tasks)
        return place.tasks[count - 1 - int(count * self._random.random() ** 4)]

    def _task(self, place: Place) -> str:
        return self._held(place)[0]

    def _by_board_or_program(self, kind: Kind, place: Place) -> Ask:
        token = place.tokens[kind.role][0]
        match kind.name:
            case "board: open tasks":
                return Ask(kind, "GET", "/api/tasks?status=open", token, remembers=True)
            case "board: dashboard":
                return Ask(kind, "GET", "/api/dashboard", token, remembers=True)
            case "board: figures":
                return Ask(kind, "GET", "/api/stats", token, remembers=True)
            case "board: a task":
                return Ask(kind, "GET", f"/api/tasks/{self._task(place)}", token, remembers=True)
            case "program: a task":
                return Ask(kind, "GET", f"/api/tasks/{self._task(place)}", token)
            case "program: a page":
                return Ask(kind, "GET", "/api/tasks?sort=-updated&per_page=50", token)
            case "program: ten tasks":
                ids = list(dict.fromkeys(self._task(place) for _ in range(10)))
                return self._post(kind, "/api/tasks:batchGet", token, {"ids": ids})
            case "program: search":
                word = self._random.choice(WORDS)
                return Ask(kind, "GET", f"/api/search?q={word}", token)
            case "program: create":
                return self._create(place)
            case _:
                body = json.dumps({"priority": self._random.choice(("low", "medium", "high"))})
                path = f"/api/tasks/{self._task(place)}"
                return Ask(kind, "PATCH", path, token, body.encode())

    def _by_member(self, kind: Kind, place: Place) -> Ask:
        member = self._random.randrange(len(place.names))
        token = place.tokens[Role.MEMBER][member]
        match kind.name:
            case "member: own tasks":
                return Ask(kind, "GET", "/api/tasks?assignee=me&status=open", token, remembers=True)
            case "member: a task":
                return Ask(kind, "GET", f"/api/tasks/{self._task(place)}", token, remembers=True)
            case "member: who am I":
                return Ask(kind, "GET", "/api/me", token)
            case "member: comment":
                task, holder = self._held(place)
                token = place.tokens[Role.MEMBER][holder]
                body = {"text": "The client called again."}
                return self._post(kind, f"/api/tasks/{task}/comments", token, body)
            case "member: start":
                return self._move(kind, place, "start", place.pending, place.started)
            case _:
                return self._move(kind, place, "submit", place.started, place.submitted)

    def _by_boss(self, kind: Kind, place: Place) -> Ask:
        token = place.tokens[Role.BOSS][0]
        match kind.name:
            case "boss: what waits for approval":
                return Ask(kind, "GET", "/api/tasks?status=in_review", token, remembers=True)
            case "boss: a task":
                return Ask(kind, "GET", f"/api/tasks/{self._task(place)}", token, remembers=True)
            case "boss: approve":
                return self._move(kind, place, "approve", place.submitted, None)
            case "boss: reject":
                return self._move(kind, place, "reject", place.submitted, place.pending)
            case _:
                self._made += 1
                whom = self._random.choice(place.names)
                text = f"{whom} check the {self._random.choice(WORDS)} {self._made} by friday 5pm"
                return self._post(kind, "/api/messages", token, {"text": text})

    def _move(
        self, kind: Kind, place: Place, verb: str,
        waiting: deque[tuple[str, int]], after: deque[tuple[str, int]] | None,
    ) -> Ask:  # fmt: skip
        """A command on the task that has waited longest for it; where none does, one is made."""
        if not waiting:
            return self._create(place)
        task, member = waiting.popleft()
        by_boss = kind.role is Role.BOSS
        token = place.tokens[kind.role][0 if by_boss else member]
        body = {"feedback": "The footer is misaligned."} if verb == "reject" else {}

        def moved(_: dict) -> None:
            if after is not None:
                after.append((task, member))

        return self._post(kind, f"/api/tasks/{task}:{verb}", token, body, then=moved)

    def _create(self, place: Place) -> Ask:
        self._made += 1
        member = self._random.randrange(len(place.names))
        body = {
            "title": f"Check the {self._random.choice(WORDS)} number {self._made}",
            "assignees": [place.names[member]],
            "priority": self._random.choice(("low", "medium", "high")),
        }

        def made(task: dict) -> None:
            place.tasks.append((task["id"], member))
            place.pending.append((task["id"], member))

        return self._post(CREATE, "/api/tasks", place.tokens[Role.PROGRAM][0], body, then=made)

    @staticmethod
    def _post(
        kind: Kind, path: str, token: str, body: dict,
        *, then: Callable[[dict], None] | None = None,
    ) -> Ask:  # fmt: skip
        return Ask(kind, "POST", path, token, json.dumps(body).encode(), then)
