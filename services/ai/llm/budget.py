"""What the model may cost a day: tokens and money, counted from what its answers say they took.

The day is that of UTC. Where there is a Redis, all processes count together; else each for itself,
as also while Redis does not answer. Calls under way when the budget ends are still paid for, so a
day may cost as much more as they take.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from services.ai import metrics
from services.ai.llm.asking import Failure, ModelFailed
from services.ai.llm.sharing import Shared
from services.runtime import clock
from services.runtime.settings import Settings

MILLION = 1_000_000
# Of the vendors' own rule of thumb; only for answers that say nothing of what they took.
CHARACTERS_A_TOKEN = 3
KEPT_S = 2 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer: of the prompt, afresh or from the vendor's cache, and of the words."""

    prompt: int = 0
    cached: int = 0
    answer: int = 0

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.prompt + self.cached + self.answer


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars for a million tokens."""

    prompt: float
    cached: float
    answer: float

    def of(self, usage: Usage) -> float:
        """Return what an answer costs, in dollars."""
        each = usage.prompt * self.prompt + usage.cached * self.cached + usage.answer * self.answer
        return each / MILLION


@dataclass(frozen=True, slots=True)
class Spent:
    """What a day has cost: tokens, and millionths of a dollar, which add up exactly."""

    tokens: int = 0
    micros: int = 0


class Budget:
    """Keeps count of a day; a limit of 0 is none."""

    def __init__(
        self,
        prices: Prices,
        *,
        tokens_a_day: int = 0,
        money_a_day: float = 0.0,
        shared: Shared | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._prices = prices
        self._tokens_a_day = tokens_a_day
        self._micros_a_day = round(money_a_day * MILLION)
        self._shared = shared
        self._now = now
        self._day = date.min
        self._here = Spent()

    @classmethod
    def of(cls, settings: Settings, shared: Shared | None = None) -> "Budget":
        """Return the budget that the settings give."""
        return cls(
            Prices(
                prompt=settings.model_price_prompt,
                cached=settings.model_price_cached,
                answer=settings.model_price_answer,
            ),
            tokens_a_day=settings.model_tokens_a_day,
            money_a_day=settings.model_money_a_day,
            shared=shared,
        )

    async def check(self) -> None:
        """Raise ModelFailed where the day's budget is spent."""
        spent = self._known(await self._asked("HMGET", "tokens", "micros"))
        self._told(spent)
        if self._tokens_a_day and spent.tokens >= self._tokens_a_day:
            raise ModelFailed(Failure.BUDGET, "the day's tokens are spent")
        if self._micros_a_day and spent.micros >= self._micros_a_day:
            raise ModelFailed(Failure.BUDGET, "the day's money is spent")

    async def spend(self, usage: Usage) -> None:
        """Count what an answer took."""
        today = self._today()
        micros = round(self._prices.of(usage) * MILLION)
        self._here = Spent(today.tokens + usage.tokens, today.micros + micros)
        metrics.MODEL_TOKENS.labels("answer").inc(usage.answer)
        metrics.MODEL_TOKENS.labels("prompt_cached").inc(usage.cached)
        metrics.MODEL_TOKENS.labels("prompt").inc(usage.prompt)
        metrics.MODEL_MONEY.inc(micros / MILLION)
        tokens = await self._asked("HINCRBY", "tokens", usage.tokens)
        money = await self._asked("HINCRBY", "micros", micros)
        await self._asked("EXPIRE", KEPT_S)
        self._told(self._known([tokens, money]))

    def spent(self) -> Spent:
        """Return what this process has spent today."""
        return self._today()

    async def _asked(self, command: str, *arguments: str | int) -> object:
        if self._shared is None:
            return None
        self._today()
        return await self._shared.asked(command, f"spent:{self._day}".encode(), *arguments)

    def _known(self, told: object) -> Spent:
        """The larger of what is known here and what all have told: nobody has spent less."""
        here = self._today()
        numbers = told if isinstance(told, list) else [None, None]
        tokens, micros = (int(n) if isinstance(n, int | bytes) else 0 for n in numbers)
        return Spent(max(here.tokens, tokens), max(here.micros, micros))

    def _today(self) -> Spent:
        if (day := self._now().date()) != self._day:
            self._day, self._here = day, Spent()
        return self._here

    def _told(self, spent: Spent) -> None:
        if self._tokens_a_day:
            metrics.MODEL_BUDGET.labels("tokens").set(spent.tokens / self._tokens_a_day)
        if self._micros_a_day:
            metrics.MODEL_BUDGET.labels("money").set(spent.micros / self._micros_a_day)
