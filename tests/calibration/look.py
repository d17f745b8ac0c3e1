"""Reads files of cases for the first time, and keeps how right the grammar was, by which signs.

`python -m tests.calibration.look NAME FILE…` adds to first_looks.jsonl. To be run before the
grammar is changed for these cases: afterwards they tell nothing of sentences that it has not seen.
NAME is of the state of the grammar that looks: the fit gives each state a level of its own and
keeps that of the last. A case that is looked at again before the grammar was changed for it counts
by its last look.
"""

import json
import sys
from pathlib import Path
from typing import Any

from services.ai.confidence import understood
from services.cli import cases, scoring

LOOKS = Path(__file__).with_name("first_looks.jsonl")


def look(state: str, path: Path) -> list[dict[str, Any]]:
    """Return a row for each case of a file."""
    rows: list[dict[str, Any]] = []
    for line in filter(str.strip, path.read_text(encoding="utf-8").splitlines()):
        told = json.loads(line)
        case = cases.read(json.dumps({n: told[n] for n in ("id", "text", "context") if n in told}))
        found = understood(case.text, case.context)
        judgement = scoring.judged(told["expected"], cases.answer(case, found.reading))
        rows.append(
            {
                "state": state,
                "batch": path.stem,
                "id": case.id,
                "sure": found.by_rules,
                "right": {name: all(each) for name, each in judgement.items()},
                "signs": found.signs,
            }
        )
    return rows


def main(state: str, *paths: str) -> None:
    fresh = [row for path in paths for row in look(state, Path(path))]
    again = {(row["batch"], row["id"]) for row in fresh}
    kept = [row for row in read_looks() if (row["batch"], row["id"]) not in again]
    with LOOKS.open("w", encoding="utf-8") as file:
        for row in (*kept, *fresh):
            file.write(json.dumps(row, separators=(",", ":")) + "\n")
    right = sum(row["right"]["whole"] for row in fresh)
    print(f"{len(fresh)} cases looked at, of which {right} are read right; {len(kept)} others kept")


def read_looks() -> list[dict[str, Any]]:
    """Return all first looks, in their order."""
    if not LOOKS.exists():
        return []
    return [json.loads(line) for line in LOOKS.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main(*sys.argv[1:])
