"""The load profiles: how many users, how fast they come, for how long; full, and short for a small machine.

The brief's: 100 users for 15 minutes, 500 for 30, 1,000 for 60, more and more until it fails; and
its mix at a steady rate.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Length(enum.StrEnum):
    """How much of a profile is run."""

    SHORT = "short"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run has to hold."""

    p95_ms: float
    errors: float
    p99_ms: float | None = None
    hits: float | None = None
    growth: float | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """More and more users until it fails: so many each time, for so long, at most so many."""

    users: int
    seconds: float
    most: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A run: users who think for 1 to 3 s between requests, or a rate kept by all together."""

    users: int
    spawn_per_s: float
    seconds: float
    limits: Limits
    rate: float | None = None
    steps: Steps | None = None


# The brief's targets of the fourth quarter; what ends a ramp; the goal for the steady mix.
TARGETS = Limits(p95_ms=300, p99_ms=1_000, errors=0.005)
BROKEN = Limits(p95_ms=1_000, errors=0.01)
STEADY = Limits(p95_ms=30, errors=0.0, hits=0.75, growth=0.05)

MINUTE = 60.0
PLANS: Mapping[str, Mapping[Length, Plan]] = {
    "light": {
        Length.SHORT: Plan(50, 25, 45, TARGETS),
        Length.FULL: Plan(100, 10, 15 * MINUTE, TARGETS),
    },
    "medium": {
        Length.SHORT: Plan(150, 30, 45, TARGETS),
        Length.FULL: Plan(500, 20, 30 * MINUTE, TARGETS),
    },
    "heavy": {
        Length.SHORT: Plan(300, 50, 60, TARGETS),
        Length.FULL: Plan(1_000, 20, 60 * MINUTE, TARGETS),
    },
    "ramp": {
        Length.SHORT: Plan(0, 50, 100, BROKEN, steps=Steps(100, 8, 1_200)),
        Length.FULL: Plan(0, 20, 200 * MINUTE, BROKEN, steps=Steps(100, 120, 10_000)),
    },
    "mix": {
        Length.SHORT: Plan(100, 50, 90, STEADY, rate=200),
        Length.FULL: Plan(100, 50, 10 * MINUTE, STEADY, rate=200),
    },
}
