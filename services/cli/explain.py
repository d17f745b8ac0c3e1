"""`boss explain`: why a sentence is read as it is; no service need run."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from services.ai.explain import Explanation, explained
from services.cli import cases
from services.cli.tables import table
from services.cli.terminal import WRONG, emit, fail, plainly

app = typer.Typer(add_completion=False)
SIGNS_SHOWN = 8


@app.command()
def explain(
    sentence: Annotated[str, typer.Argument(help="The sentence.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
    context: Annotated[
        str, typer.Option("--context", help="People, tasks and time, as in a case of `boss parse`.")
    ] = "{}",
) -> None:
    """Say why a sentence is read as it is: words, clauses, rules, fields, and how sure.

    Example: boss explain "Ana fix the checkout bug by friday 5pm, urgent"
    """
    with plainly():
        try:
            told = {"id": "1", "text": sentence, "context": json.loads(context)}
            case = cases.read(json.dumps(told))
        except (cases.BadCase, json.JSONDecodeError) as error:
            raise fail(f"the sentence or its context can't be read: {error}.", WRONG) from error
        found = explained(case.text, case.context)
        if as_json:
            emit(as_value(case, found))
        else:
            print(page(case, found))


def as_value(case: cases.Case, found: Explanation) -> dict[str, Any]:
    """Return an explanation as JSON: the answer of `boss parse`, and how it came about."""
    answer = cases.answer(case, found.reading)
    return {
        **answer,
        "chances": {each.field: each.value for each in found.reading.chances},
        "tokens": [
            {**asdict(each), "text": case.text[each.start : each.end]} for each in found.tokens
        ],
        "clauses": [
            {**asdict(each), "text": case.text[each.start : each.end]} for each in found.clauses
        ],
        "rules": [asdict(each) for each in found.rules],
        "signs": [asdict(each) for each in found.signs],
        "doubts": list(found.doubts),
    }


def page(case: cases.Case, found: Explanation) -> str:
    """Return an explanation for a person to read."""
    text, reading = case.text, found.reading
    sure = "sure" if reading.sure else "not sure"
    parts = [
        f"{reading.intent.value}, {sure}: {reading.confidence:.0%} likely all right",
        *(f"  because {doubt}" for doubt in found.doubts),
        _titled("Words", "  ".join(_word(text, each) for each in found.tokens)),
        _titled(
            "Clauses",
            table(
                ("joined", "words"),
                [(each.joined, _shown(text[each.start : each.end])) for each in found.clauses],
            ),
        ),
    ]
    if found.rules:
        rows = [(each.stage, each.rule, _shown(each.words)) for each in found.rules]
        parts.append(_titled("Rules that counted", table(("step", "rule", "words"), rows)))
    parts.append(
        _titled("Fields", table(("field", "value", "from", "likely"), _fields(case, found)))
    )
    if found.signs:
        signs = [
            (f"{sign.value * sign.weight:+.2f}", sign.name) for sign in found.signs[:SIGNS_SHOWN]
        ]
        parts.append(_titled("Signs, by weight", table(("weight", "sign"), signs)))
    return "\n".join(parts)


def _fields(case: cases.Case, found: Explanation) -> list[tuple[str, str, str, str]]:
    answer = cases.answer(case, found.reading)
    likely = {each.field: f"{each.value:.0%}" for each in found.reading.chances}
    rows = [("intent", answer["intent"], "", likely.get("intent", ""))]
    for index, task in enumerate(answer["tasks"]):
        number = f"{index + 1}. " if len(answer["tasks"]) > 1 else ""
        rows += [
            (
                f"{number}{name}",
                _plain(value),
                _words(case, found, name, index),
                likely.get(name, ""),
            )
            for name, value in task.items()
            if value not in (None, [], "")
        ]
    if answer["task_ref"]:
        words = _words(case, found, "task_ref")
        rows.append(("task", _plain(answer["task_ref"]), words, likely.get("task_ref", "")))
    for group, name in (("fields", "change"), ("filters", "filter")):
        rows += [
            (each, _plain(value), _words(case, found, each), likely.get(name, ""))
            for each, value in answer[group].items()
        ]
    return rows


def _words(case: cases.Case, found: Explanation, name: str, task: int = 0) -> str:
    return " … ".join(
        _shown(case.text[span.start : span.end])
        for span in found.reading.spans
        if span.field == name and span.task == task
    )


def _word(text: str, token: Any) -> str:
    word = _shown(text[token.start : token.end])
    return word if token.kind in {"word", "mark"} else f"{word}‹{token.kind}›"


def _titled(title: str, body: str) -> str:
    lines = "\n".join(f"  {line}" for line in body.splitlines())
    return f"\n{title}\n{lines}"


def _shown(words: str) -> str:
    return " ".join(words.split())


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
