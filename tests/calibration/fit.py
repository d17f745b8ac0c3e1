"""Fits how likely a reading is right to first looks, and says how well the numbers hold.

`make calibrate` writes services/ai/confidence.json and the tables of docs/understanding.md.
Logistic regression with a penalty, for the whole answer and for each field; every figure is of
answers that took no part in the fit (ten folds, and for the last line whole batches left out).
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from services.ai.confidence import ALWAYS, TABLE, WHOLE
from tests.calibration.look import read_looks

FIELDS = (
    WHOLE,
    "intent",
    "count",
    "title",
    "assignees",
    "deadline",
    "priority",
    "task_ref",
    "fields",
    "filters",
)
PENALTY, FOLDS, BINS = 1.0, 10, 10
SEEN_AT_LEAST = 4
RIGHT_WHEN_SURE = 0.97
DOC = Path(__file__).parents[2] / "docs/understanding.md"
MARKS = "<!-- calibration: written by make calibrate -->", "<!-- calibration ends -->"

Row = dict[str, Any]


class Sample:
    """The rows that have a field, as numbers: one column a sign, and one for each earlier state."""

    def __init__(self, rows: Sequence[Row], field: str) -> None:
        self.rows = [row for row in rows if field in row["right"]]
        counts: dict[str, int] = {}
        for row in self.rows:
            for name in row["signs"]:
                counts[name] = counts.get(name, 0) + 1
        self.names = sorted(name for name, count in counts.items() if count >= SEEN_AT_LEAST)
        self.states = list(dict.fromkeys(row["state"] for row in rows))[:-1]
        self.x = np.array(
            [
                [1.0, *(row["signs"].get(name, 0.0) for name in self.names),
                 *(float(row["state"] == state) for state in self.states)]
                for row in self.rows
            ]
        )  # fmt: skip
        self.y = np.array([float(row["right"][field]) for row in self.rows])

    def weights(self, chosen: Any = slice(None)) -> Any:
        """Return the weights that fit the chosen rows best, by Newton's method."""
        x, y = self.x[chosen], self.y[chosen]
        weights, penalty = np.zeros(x.shape[1]), np.full(x.shape[1], PENALTY)
        penalty[0] = 0.05
        for _ in range(60):
            p = _chance(x @ weights)
            slope = x.T @ (p - y) + penalty * weights
            step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + np.diag(penalty), slope)
            weights -= step
            if abs(step).max() < 1e-7:
                break
        return weights

    def crossed(self, folds: Any) -> Any:
        """Return each row's chance by weights that were fitted without its fold."""
        chances = np.zeros(len(self.y))
        for fold in np.unique(folds):
            out = folds == fold
            chances[out] = _chance(self.x[out] @ self.weights(~out))
        return chances

    def named(self) -> dict[str, float]:
        """Return the weights of the last state, by sign."""
        values = self.weights()
        kept = zip((ALWAYS, *self.names), values, strict=False)
        return {name: round(float(value), 3) for name, value in kept if abs(value) >= 0.01}


def _chance(sums: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(sums, -30, 30)))


def calibration_error(chances: Any, right: Any) -> float:
    """Return the expected calibration error over ten bins."""
    return sum(abs(p - share) * count for _, count, p, share in bins(chances, right)) / len(right)


def bins(chances: Any, right: Any) -> list[tuple[int, int, float, float]]:
    """Return for each tenth: its number, how many, the mean chance, and the share right."""
    of = np.clip((chances * BINS).astype(int), 0, BINS - 1)
    return [
        (n, int((of == n).sum()), float(chances[of == n].mean()), float(right[of == n].mean()))
        for n in range(BINS)
        if (of == n).any()
    ]


def threshold(chances: Any, right: Any, sure: Any) -> float:
    """Return the least chance over which enough of what the rules are sure of is right."""
    best = 1.0
    for least in sorted({round(float(p), 2) for p in chances[sure]}, reverse=True):
        over = sure & (chances >= least)
        if over.sum() and right[over].mean() >= RIGHT_WHEN_SURE:
            best = least
    return best


def main() -> None:
    rows = read_looks()
    samples = {field: Sample(rows, field) for field in FIELDS}
    draw = np.random.default_rng(7)
    whole = samples[WHOLE]
    chances = whole.crossed(draw.integers(0, FOLDS, len(whole.y)))
    sure = np.array([bool(row["sure"]) for row in whole.rows])
    least = threshold(chances, whole.y, sure)
    table = {"threshold": least, "weights": {f: samples[f].named() for f in FIELDS}}
    TABLE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", encoding="utf-8")

    lines = ["| chance told | messages | mean chance | right |", "|---|---|---|---|"]
    lines += [
        f"| {n / BINS:.1f}–{(n + 1) / BINS:.1f} | {count} | {p:.2f} | {share:.2f} |"
        for n, count, p, share in bins(chances, whole.y)
    ]
    lines += ["", "| field | messages | right | calibration error |", "|---|---|---|---|"]
    for field, sample in samples.items():
        each = sample.crossed(draw.integers(0, FOLDS, len(sample.y)))
        error = calibration_error(each, sample.y)
        lines.append(f"| {field} | {len(sample.y)} | {sample.y.mean():.1%} | {error:.3f} |")
    over = sure & (chances >= least)
    lines += ["", "| first looks of | messages | wholly right | sure of | and then right |"]
    lines.append("|---|---|---|---|---|")
    states = np.array([row["state"] for row in whole.rows])
    for state in ("all", *dict.fromkeys(states)):
        chosen = np.ones(len(states), bool) if state == "all" else states == state
        here = over & chosen
        right = whole.y[here].mean() if here.any() else 0.0
        lines.append(
            f"| {state} | {chosen.sum()} | {whole.y[chosen].mean():.1%} "
            f"| {here.sum() / chosen.sum():.1%} | {right:.1%} |"
        )
    lines.append(f"\nSure from a chance of {least:.2f} on.")
    batches = np.array([row["batch"] for row in whole.rows])
    if len(set(batches)) > 1:
        apart = calibration_error(whole.crossed(batches), whole.y)
        lines.append(f"\nWith whole batches left out of the fit: calibration error {apart:.3f}.")
    told = "\n".join(lines)
    print(told)
    _write(told)


def _write(told: str) -> None:
    page = DOC.read_text(encoding="utf-8")
    begin, end = MARKS
    if begin in page:
        between = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
        DOC.write_text(between.sub(lambda _: f"{begin}\n{told}\n{end}", page), encoding="utf-8")


if __name__ == "__main__":
    main()
