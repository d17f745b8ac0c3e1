"""When to try again, and when to give up. Pure: the draw of the dice is an argument."""

from datetime import timedelta

FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=15)
# 1 s, 2 s, 4 s … then every 15 min: 24 attempts last about 3.8 h, an outage of an evening. What is
# older than that is no news any more; it waits among the dead letters for somebody who knows.
ATTEMPTS = 24
# A part of each pause is left to chance, so that what failed together does not come back together.
JITTER = 0.3


def after(attempts: int, *, chance: float) -> timedelta | None:
    """Returns the pause after this many attempts, None where it is time to give up.

    `chance` is drawn from [0, 1).
    """
    if attempts >= ATTEMPTS:
        return None
    pause: timedelta = min(FIRST * float(2 ** min(max(attempts - 1, 0), 20)), LONGEST)
    return pause * (1 - JITTER * chance)
