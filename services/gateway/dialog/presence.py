"""Being at work, in words: in, out and breaks. Pure."""

from services.gateway.dialog import moments, text
from services.gateway.dialog.deciding import decide, say
from services.gateway.dialog.effects import Attend, Attended, Clock, Decision
from services.gateway.dialog.model import Reading, Turn
from services.gateway.dialog.needs import Talk
from services.gateway.dialog.reply import Line, Reply, line, reply

HOUR = 60


def attend(turn: Turn, reading: Reading) -> Talk[Decision]:
    """Notes what somebody says of being at work."""
    yield from ()
    said = reading.change.text
    if said not in set(Clock):
        return say(turn, reply("Write “in”, “out” or “break”."), reading=reading)
    return decide(turn, Attend(Clock(said)), reading=reading)


def attended(result: Attended, turn: Turn) -> Reply:
    """Where somebody stands in the day's work."""
    at = moments.when(result.since, turn.now, timezone=turn.person.timezone)
    if result.clock is Clock.IN:
        late = f", {span(result.late_minutes)} late" if result.late_minutes else ""
        return reply(f"You are in since {at}{late}.")
    if result.clock is Clock.BREAK:
        if result.on_break:
            return reply(f"On a break since {at}. “break” again ends it.")
        return reply(f"Welcome back. Breaks so far: {span(result.break_minutes)}.")
    breaks = f", breaks {span(result.break_minutes)}" if result.break_minutes else ""
    lines: list[Line] = [line(f"Out {at}. Worked: {span(result.worked_minutes)}{breaks}.")]
    if result.due:
        lines.append(line("Due next:"))
    for task in result.due:
        due = (
            moments.when(task.deadline, turn.now, timezone=turn.person.timezone)
            if task.deadline
            else ""
        )
        lines.append(line(*text.headline(task), f" · {due}" if due else ""))
    if result.more:
        lines.append(line(f"… and {result.more} more"))
    return reply(*lines)


def span(minutes: int) -> str:
    """So many minutes as people say it: "8 h 13 min"."""
    hours, left = divmod(minutes, HOUR)
    parts = [f"{hours} h"] if hours else []
    return " ".join([*parts, f"{left} min"] if left or not hours else parts)
