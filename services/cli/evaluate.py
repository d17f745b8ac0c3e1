"""`boss evaluate`: how right the grammar, a real model, and both together are on a file of cases.

Each case is asked of the model once, whatever the grammar says, so that the model alone can be
judged; what "both" says is made of the two as the service makes it. Nothing is kept from before.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from services.ai import merge, prompt
from services.ai.confidence import understand
from services.ai.llm.asking import LanguageModel, ModelFailed
from services.ai.llm.budget import MILLION
from services.ai.model import Context, Intent, Interpretation, Source
from services.ai.reading import Reading
from services.cli import cases
from services.cli.scoring import Score
from services.cli.tables import table
from services.cli.terminal import OK, WRONG, emit, fail, plainly
from services.runtime.settings import Settings, load_settings

app = typer.Typer(add_completion=False)
AT_ONCE = 4
CALL_S = 30.0
GRAMMAR, MODEL, BOTH = "grammar", "model", "both"
FIRST = ("whole", "sure_share", "sure_right", "intent", "count", "title", "assignees", "deadline")


@dataclass(frozen=True, slots=True)
class Gold:
    """A case with what it means."""

    case: cases.Case
    expected: dict[str, Any]


@dataclass(slots=True)
class Report:
    """What came of all cases, by who read them."""

    scores: dict[str, Score] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    asked: int = 0
    tokens: int = 0
    dollars: float = 0.0

    def add(self, reader: str, gold: Gold, reading: Interpretation, *, took_s: float) -> None:
        """Count the answer of one reader to one case."""
        told = cases.answer(gold.case, reading)
        self.scores.setdefault(reader, Score()).add(gold.expected, told)
        self.seconds.setdefault(reader, []).append(took_s)

    def as_value(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {
            "readers": {
                reader: {
                    "cases": score.cases,
                    "shares": {name: round(s, 4) for name, s in score.shares().items()},
                    "p50_s": round(_at(self.seconds[reader], 0.5), 6),
                    "p95_s": round(_at(self.seconds[reader], 0.95), 6),
                }
                for reader, score in self.scores.items()
            },
            "model": {
                "asked": self.asked,
                "failures": self.failures,
                "tokens": self.tokens,
                "dollars": round(self.dollars, 6),
                "prompt": prompt.VERSION,
            },
        }

    def page(self) -> str:
        """Return the report for a person to read."""
        shares = {reader: score.shares() for reader, score in self.scores.items()}
        names = list(dict.fromkeys([*FIRST, *(name for each in shares.values() for name in each)]))
        rows = [
            (name, *(f"{each[name]:.1%}" if name in each else "" for each in shares.values()))
            for name in names
            if any(name in each for each in shares.values())
        ]
        for name, share in (("p50", 0.5), ("p95", 0.95)):
            times = [_at(self.seconds[reader], share) * 1000 for reader in shares]
            rows.append((name, *(f"{each:,.1f} ms" for each in times)))
        lines = [table(("", *shares), rows)]
        if self.asked:
            lines.append(
                f"\n{self.asked} calls of the model by {prompt.VERSION}: {self.tokens:,} tokens, "
                f"${self.dollars:.4f}"
            )
            lines += [f"{count} failed: {reason}" for reason, count in self.failures.items()]
        return "\n".join(lines)


@app.command()
def evaluate(
    *,
    model: Annotated[
        bool, typer.Option("--model", help="Ask the model of DEEPSEEK_… too.")
    ] = False,
    jsonl: Annotated[
        Path | None, typer.Option("--jsonl", help="The file of cases; else standard input.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="The first so many cases; 0: all.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Score the grammar, and a model, on cases with what they mean.

    Example: boss evaluate --model --jsonl cases.jsonl --limit 50
    """
    with plainly():
        settings = load_settings()
        key = settings.deepseek_api_key
        if model and key is None:
            raise fail(
                "there is no model to evaluate: set DEEPSEEK_API_KEY (and DEEPSEEK_API_URL and "
                "DEEPSEEK_MODEL for another than DeepSeek's), or leave --model out.",
                WRONG,
            )
        golds = _golds(_lines(jsonl))
        chosen = golds[:limit] if limit else golds
        if not chosen:
            raise fail("there are no cases: give a file by --jsonl.", WRONG)
        if model and key is not None:
            report = asyncio.run(_asked(chosen, settings, key.get_secret_value()))
        else:
            report = _read(chosen, Report())
        if as_json:
            emit(report.as_value())
        else:
            print(report.page())
        raise typer.Exit(OK)


def _lines(path: Path | None) -> list[str]:
    try:
        raw = sys.stdin.buffer.read() if path is None else path.read_bytes()
        return raw.decode("utf-8-sig").splitlines()
    except OSError as error:
        raise fail(f"{path} can't be read ({error.strerror}).", WRONG) from error
    except UnicodeDecodeError as error:
        raise fail(f"the cases are not UTF-8 ({error.reason}).", WRONG) from error


def _golds(lines: Iterable[str]) -> list[Gold]:
    golds: list[Gold] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            case = cases.read(line)
            expected = json.loads(line).get("expected")
        except cases.BadCase as error:
            raise fail(f"line {number}: {error}.", WRONG) from error
        if not _is_meaning(expected):
            wanted = '"expected" must hold an "intent", and "tasks" with titles to create'
            raise fail(f"line {number}: {wanted}.", WRONG)
        golds.append(Gold(case, expected))
    return golds


def _is_meaning(expected: Any) -> bool:
    if not isinstance(expected, dict) or not isinstance(expected.get("intent"), str):
        return False
    tasks = expected.get("tasks", [])
    return isinstance(tasks, list) and all(isinstance(t, dict) and t.get("title") for t in tasks)


def _read(golds: Sequence[Gold], report: Report) -> Report:
    for gold in golds:
        _by_grammar(gold, report)
    return report


def _by_grammar(gold: Gold, report: Report) -> tuple[Interpretation, float]:
    began = time.perf_counter()
    reading = understand(gold.case.text, gold.case.context)
    took_s = time.perf_counter() - began
    report.add(GRAMMAR, gold, reading, took_s=took_s)
    return reading, took_s


async def _asked(golds: Sequence[Gold], settings: Settings, key: str) -> Report:
    # Only here: httpx takes memory and time that the grammar alone does not need.
    from services.ai.llm import deepseek  # noqa: PLC0415

    report = Report()
    without_kept = settings.replace(cache=False, redis_url=None)
    model = deepseek.made(without_kept, key)
    places = asyncio.Semaphore(AT_ONCE)

    async def one(gold: Gold) -> None:
        async with places:
            await _by_all(model, gold, report)

    try:
        async with asyncio.TaskGroup() as group:
            for gold in golds:
                group.create_task(one(gold))
    finally:
        await model.close()
    spent = model.budget.spent()
    report.tokens, report.dollars = spent.tokens, spent.micros / MILLION
    return report


async def _by_all(model: LanguageModel, gold: Gold, report: Report) -> None:
    text, context = gold.case.text, gold.case.context
    local, grammar_s = _by_grammar(gold, report)
    began = time.perf_counter()
    told: Reading | None = None
    report.asked += 1
    try:
        question = prompt.of(prompt.question(text, context))
        told = await model.complete(question, Reading, within_s=CALL_S)
    except ModelFailed as error:
        reason = error.failure.value
        report.failures[reason] = report.failures.get(reason, 0) + 1
    model_s = time.perf_counter() - began
    report.add(MODEL, gold, _alone(text, context, told), took_s=model_s)
    both, took_s = local, grammar_s
    if merge.worth_asking(local):
        took_s += model_s
        both = (
            merge.merged(text, context, local, told)
            if told is not None
            else replace(local, sure=False, source=Source.GRAMMAR_AFTER_MODEL)
        )
    report.add(BOTH, gold, both, took_s=took_s)


def _alone(text: str, context: Context, told: Reading | None) -> Interpretation:
    """What the model says by itself, as if the grammar had seen the same intent and no more."""
    if told is None:
        return Interpretation(Intent.UNCLEAR)
    return merge.merged(text, context, Interpretation(told.intent), told)


def _at(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
