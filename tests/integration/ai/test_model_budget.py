"""What the model may cost a day, and what is not paid for twice: over sockets and a real Redis."""

from datetime import UTC, datetime, timedelta

import pytest

from services.ai import prompt
from services.ai.llm import deepseek
from services.ai.llm.answers import Answers
from services.ai.llm.asking import Failure, ModelFailed, Prompt
from services.ai.llm.budget import Budget, Prices
from services.ai.prompt import Question
from services.ai.reading import Reading
from services.runtime.outbound import Outbound
from services.runtime.parse import SecretStr
from services.runtime.settings import Settings
from services.runtime.shared import SharedStore
from tests.fakes.deepseek import KEY, Raw, Refuse, Say, completion
from tests.integration.gateway.cache.conftest import redis_server

__all__ = ["redis_server"]

# An answer of the fake takes 440 tokens: 384 of the vendor's cache, 16 afresh, 40 of words.
TOKENS = 440
DOLLAR_A_TOKEN = Prices(prompt=1e6, cached=1e6, answer=1e6)
DETAILED = (
    b'"usage":{"prompt_tokens":90,"completion_tokens":10,'
    b'"prompt_tokens_details":{"cached_tokens":40}}'
)
GOOD = Say({"intent": "create", "tasks": [{"title": "fix the login"}]})
DAY = datetime(2026, 11, 25, 23, 59, tzinfo=UTC)


def asking(text="somebody should look at the login", **changed) -> Prompt:
    told = {
        "text": text,
        "received": DAY,
        "sender": "Dana",
        "people": {"Ana": []},
        "tasks": {},
        "last_task": None,
    }
    return prompt.of(Question(**told | changed))


@pytest.fixture
def client(fake):
    def made(budget=None, answers=None):
        outside = Outbound("deepseek", fake.url, headers={"Authorization": f"Bearer {KEY}"})
        return deepseek.DeepSeek(
            outside,
            model="deepseek-chat",
            budget=budget or Budget(DOLLAR_A_TOKEN),
            answers=answers or Answers(most_bytes=0),
        )

    return made


async def ask(model, question=None):
    return await model.complete(question or asking(), Reading, within_s=10)


async def failure(model):
    with pytest.raises(ModelFailed) as caught:
        await ask(model)
    return caught.value.failure


@pytest.mark.parametrize(
    "limits", [{"tokens_a_day": 2 * TOKENS}, {"money_a_day": 2.0 * TOKENS}], ids=str
)
async def test_a_day_that_has_cost_enough_is_not_asked_any_more(client, fake, limits):
    model = client(Budget(DOLLAR_A_TOKEN, **limits))
    fake.otherwise = GOOD
    await ask(model)
    await ask(model)

    assert await failure(model) is Failure.BUDGET
    assert len(fake.calls) == 2


async def test_the_next_day_of_utc_begins_at_nothing(client, fake):
    now = [DAY]
    model = client(Budget(DOLLAR_A_TOKEN, tokens_a_day=1, now=lambda: now[0]))
    fake.otherwise = GOOD
    await ask(model)
    assert await failure(model) is Failure.BUDGET

    now[0] += timedelta(minutes=1)

    assert (await ask(model)).tasks


async def test_prices_are_by_kind_of_token(client, fake):
    budget = Budget(Prices(prompt=1.0, cached=0.1, answer=2.0))
    fake.then(GOOD)

    await ask(client(budget))

    assert budget.spent().micros == round(16 * 1.0 + 384 * 0.1 + 40 * 2.0)


async def test_nonsense_is_paid_for_too(client, fake):
    budget = Budget(DOLLAR_A_TOKEN)
    fake.then(Say("no idea"))

    await failure(client(budget))

    assert budget.spent().tokens == TOKENS


async def test_a_refusal_costs_nothing(client, fake):
    budget = Budget(DOLLAR_A_TOKEN)
    fake.then(Refuse(402))

    await failure(client(budget))

    assert budget.spent().tokens == 0


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (b'"usage":{"prompt_tokens":90,"completion_tokens":10}', 100),
        (DETAILED, 100),
        (b'"usage":{"prompt_tokens":-5,"completion_tokens":7}', 7),
    ],
)
async def test_usage_is_understood_in_the_forms_of_others(client, fake, usage, tokens):
    budget = Budget(DOLLAR_A_TOKEN)
    body = completion(GOOD.content)
    fake.then(Raw(body[: body.index(b'"usage"')] + usage + b"}"))

    await ask(client(budget))

    assert budget.spent().tokens == tokens


async def test_an_answer_that_tells_no_usage_is_counted_by_its_length(client, fake):
    budget = Budget(DOLLAR_A_TOKEN)
    body = completion(GOOD.content)
    fake.then(Raw(body[: body.index(b', "usage"')] + b"}"))

    await ask(client(budget))

    assert budget.spent().tokens > 100


async def test_the_same_question_is_asked_once(client, fake):
    model = client(answers=Answers())
    fake.otherwise = GOOD

    first, second = await ask(model), await ask(model)

    assert first == second
    assert len(fake.calls) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "somebody should look at the logout"},
        {"sender": "Eve"},
        {"people": {"Ana": ["Annie"]}},
        {"tasks": {"T-1": "Secret of another"}},
        {"last_task": "T-1"},
        {"received": DAY + timedelta(days=1)},
    ],
    ids=str,
)
async def test_what_differs_in_anything_told_is_another_question(client, fake, changed):
    model = client(answers=Answers())
    fake.otherwise = GOOD
    await ask(model)

    await ask(model, asking(**changed))

    assert len(fake.calls) == 2


async def test_what_is_kept_is_given_though_the_budget_is_spent(client, fake):
    model = client(Budget(DOLLAR_A_TOKEN, tokens_a_day=1), Answers())
    fake.then(GOOD)
    await ask(model)

    assert (await ask(model)).tasks


async def test_nonsense_is_not_kept(client, fake):
    model = client(answers=Answers())
    fake.then(Say("no idea"), GOOD)
    await failure(model)

    assert (await ask(model)).tasks


async def test_answers_are_kept_for_a_while_and_in_bounds():
    answers = Answers(most_bytes=2_000, kept_s=1e-9)
    await answers.put(b"a", "x")
    assert await answers.get(b"a") is None

    answers = Answers(most_bytes=2_000)
    for index in range(100):
        await answers.put(b"%d" % index, "x" * 100)
    await answers.put(b"large", "x" * 5_000)
    kept = [index for index in range(100) if await answers.get(b"%d" % index)]

    assert 0 < len(kept) < 10
    assert await answers.get(b"large") is None


@pytest.fixture
async def stores(redis_server):
    settings = Settings(service_key=SecretStr("k" * 40))
    made = [SharedStore.at(redis_server.url, settings, form="model.v1") for _ in range(2)]
    yield made
    for each in made:
        await each.close()


async def test_processes_that_share_a_redis_share_budget_and_answers(client, fake, stores):
    one, other = (
        client(Budget(DOLLAR_A_TOKEN, tokens_a_day=TOKENS, shared=each), Answers(shared=each))
        for each in stores
    )
    fake.otherwise = GOOD
    first = await ask(one)

    assert await ask(other) == first
    with pytest.raises(ModelFailed) as caught:
        await ask(other, asking("something else, no idea what"))
    assert caught.value.failure is Failure.BUDGET
    assert len(fake.calls) == 1


async def test_without_its_redis_each_counts_for_itself(client, fake, stores, redis_server):
    model = client(
        Budget(DOLLAR_A_TOKEN, tokens_a_day=TOKENS, shared=stores[0]), Answers(shared=stores[0])
    )
    redis_server.kill()
    fake.otherwise = GOOD

    assert (await ask(model)).tasks
    with pytest.raises(ModelFailed) as caught:
        await ask(model, asking("something else, no idea what"))
    assert caught.value.failure is Failure.BUDGET
