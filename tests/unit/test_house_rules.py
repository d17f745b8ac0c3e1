"""House rules that a machine can hold: each names the one place that may do a thing, and why."""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for path in (ROOT / "services").rglob("*.py")
    if "migrations/versions" not in path.as_posix()
)

# What may be written only in the files beside it, and what to do instead.
ONLY_IN = {
    "datetime.now": (
        {"runtime/clock.py"},
        "take `now` as an argument, or call clock.now() at the edge: tests set the time",
    ),
    "datetime.utcnow": (set(), "it is naive; call clock.now()"),
    "os.environ": (
        {"runtime/settings.py", "cli/supervisor.py", "cli/postgres.py", "cli/up.py"},
        "read it once, in settings.py; boss up alone hands an environment to its children",
    ),
    "os.getenv": (set(), "read it once, in settings.py"),
    "insecure_channel": (
        {"runtime/client.py"},
        "use runtime.client.Peer: deadlines and TLS are there",
    ),
    "add_insecure_port": ({"runtime/server.py"}, "use runtime.server.serve"),
    "create_task": (
        {"runtime/supervise.py", "runtime/server.py", "runtime/process.py"},
        "own coroutines by a TaskGroup or supervise(): a lost task is a lost error",
    ),
    "ensure_future": (set(), "own coroutines by a TaskGroup or supervise()"),
}

# Where `except Exception` may stand: a process's edge, logged and counted.
EDGES = {
    "runtime/interceptors.py",
    "runtime/claims.py",
    "runtime/supervise.py",
    "runtime/process.py",
    "gateway/app.py",
    # One task that the clock can't work off stops no other.
    "task/timers.py",
    # One event that can't be told keeps no other from being told; it is logged and counted.
    "notify/consumer.py",
}


def relative(path: Path) -> str:
    return path.relative_to(ROOT / "services").as_posix()


def dotted(node: ast.AST) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))


def names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield dotted(node), node.lineno


@pytest.mark.parametrize("rule", ONLY_IN)
def test_what_belongs_in_one_place_is_done_there_alone(rule):
    allowed, instead = ONLY_IN[rule]

    found = [
        f"services/{relative(path)}:{line}"
        for path in SOURCES
        if relative(path) not in allowed
        for name, line in names(ast.parse(path.read_text()))
        if name == rule or name.endswith("." + rule)
        if not (rule == "create_task" and re.search(r"(group|tasks|tg)\.create_task$", name))
    ]

    assert not found, f"{rule}: {instead}: {found}"


def test_a_bare_exception_is_caught_at_a_process_edge_alone():
    found = [
        f"services/{relative(path)}:{node.lineno}"
        for path in SOURCES
        if relative(path) not in EDGES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or dotted(node.type) in {"Exception", "BaseException"})
        and not reraises(node)
    ]

    assert not found, f"catch the narrowest class: {found}"


def reraises(handler: ast.ExceptHandler) -> bool:
    """Whether the handler ends by raising what it caught, so that nothing is swallowed."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_every_module_opens_with_what_it_does():
    bare = [
        relative(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert not bare


def test_every_rpc_says_what_a_caller_must_know():
    bare = []
    for proto in (ROOT / "protos/boss").rglob("*.proto"):
        lines = proto.read_text().splitlines()
        for before, line in itertools.pairwise(lines):
            if line.strip().startswith("rpc ") and not before.strip().startswith("//"):
                bare.append(f"{proto.name}: {line.strip()}")

    assert not bare


def test_every_metric_is_documented_and_every_documented_metric_exists():
    code = "\n".join(path.read_text() for path in SOURCES if path.name.endswith("metrics.py"))
    made = set(re.findall(r'"(boss_[a-z0-9_]+)"', code))
    documented = set(re.findall(r"`(boss_[a-z0-9_]+)", (ROOT / "docs/metrics.md").read_text()))

    assert made - documented == set(), "add them to docs/metrics.md"
    assert documented - made == set(), "no code makes these any more"


def test_the_project_names_no_machine():
    tracked = [
        path
        for folder in ("services", "docs", "deploy", "tests", "protos/boss")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".yml", ".json", ".toml", ".js", ".proto"}
    ]
    places = re.compile(r"/(work|farm|root)/[a-z]")

    found = [
        path.name for path in tracked if path != Path(__file__) and places.search(path.read_text())
    ]

    assert not found
