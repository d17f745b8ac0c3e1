"""`boss evaluate`: a real command, and a model over sockets in a process of its own."""

import json
import subprocess
import sys

import httpx
import pytest
from typer.testing import CliRunner

from services.cli.commands import app
from tests.fakes.deepseek import KEY

CASES = [
    {
        "id": "1",
        "text": "Ana: fix the checkout bug by friday 5pm",
        "expected": {
            "intent": "create",
            "tasks": [
                {
                    "title": "Fix the checkout bug",
                    "assignees": ["Ana"],
                    "deadline": "2026-11-27T17:00",
                }
            ],
        },
    },
    {"id": "2", "text": "undo", "expected": {"intent": "undo"}},
]
RIGHT = {
    "intent": "create",
    "tasks": [{"title": "fix the checkout bug", "people": ["Ana"], "deadline": "by friday 5pm"}],
    "sure": True,
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, CASES)) + "\n")
    return path


@pytest.fixture
def fake():
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.deepseek"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait(10)
    process.stdout.close()


def script(url, *acts):
    httpx.put(f"{url}/fake/script", json=list(acts)).raise_for_status()


def run(*arguments, url=None, stdin=None):
    environment = {"DEEPSEEK_API_KEY": KEY if url else "", "DEEPSEEK_API_URL": url or ""}
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)], env=environment, input=stdin)


def test_the_grammar_is_scored_by_itself(file):
    report = json.loads(run("--jsonl", file, "--json").output)

    assert list(report["readers"]) == ["grammar"]
    assert report["readers"]["grammar"]["cases"] == 2
    assert report["readers"]["grammar"]["shares"]["whole"] == 1.0
    assert report["model"]["asked"] == 0


def test_a_model_is_scored_beside_it_with_what_it_cost(file, fake):
    script(fake, {"act": "say", "content": RIGHT}, {"act": "say", "content": {"intent": "undo"}})

    report = json.loads(run("--model", "--jsonl", file, "--json", url=fake).output)

    readers = report["readers"]
    assert set(readers) == {"grammar", "model", "both"}
    assert readers["both"]["shares"]["whole"] == 1.0
    assert readers["model"]["shares"]["deadline"] == 1.0
    assert report["model"] | {"dollars": 0} == {
        "asked": 2,
        "failures": {},
        "tokens": 880,
        "dollars": 0,
        "prompt": "interpret.v2",
    }
    assert report["model"]["dollars"] > 0


def test_a_model_that_says_nonsense_is_wrong_and_named_so(file, fake):
    script(fake, {"otherwise": {"act": "say", "content": "no idea"}})

    report = json.loads(run("--model", "--jsonl", file, "--json", url=fake).output)

    assert report["model"]["failures"] == {"nonsense": 2}
    assert report["readers"]["model"]["shares"]["whole"] == 0.0
    assert report["readers"]["both"]["shares"]["whole"] == 1.0


def test_a_person_sees_a_table_of_the_three(file, fake):
    page = run("--model", "--jsonl", file, "--limit", 1, url=fake).output

    assert page.splitlines()[0].split() == ["grammar", "model", "both"]
    assert "1 calls of the model by interpret.v2: 440 tokens" in page


def test_cases_may_come_from_standard_input(file):
    assert "100.0%" in run(stdin=file.read_text()).output


def test_without_a_key_no_model_is_scored(file):
    result = run("--model", "--jsonl", file)

    assert result.exit_code == 2
    assert "set DEEPSEEK_API_KEY" in result.stderr


@pytest.mark.parametrize(
    "line",
    [
        "{",
        '{"id": "1", "text": "undo"}',
        '{"id": "1", "text": "undo", "expected": {"tasks": []}}',
        '{"id": "1", "text": "x", "expected": {"intent": "create", "tasks": [{}]}}',
    ],
)
def test_a_line_that_is_no_case_is_named(line):
    result = run(stdin=f"{json.dumps(CASES[1])}\n{line}\n")

    assert result.exit_code == 2
    assert "line 2" in result.stderr


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    assert run("--jsonl", tmp_path / "none").exit_code == 2
