"""The process of `ai`: settings, the way to task, the model where there is a key, serve."""

import asyncio
from collections.abc import Awaitable, Callable

from boss.ai.v1.ai_service_pb2_grpc import add_AiServiceServicer_to_server

from services.ai import offered
from services.ai.clients import ME, Clients
from services.ai.context import FRESH_S, MOST_WORKSPACES, Contexts
from services.ai.interpret import Interpreter
from services.ai.llm.asking import LanguageModel
from services.ai.server import Understanding
from services.runtime.credentials import Authenticator, service_key
from services.runtime.process import run_process
from services.runtime.server import Servicer, serve
from services.runtime.settings import Settings

# The model has 30 s of these.
DEADLINES = {"Interpret": 33.0, **offered.DEADLINES}


async def main(settings: Settings, *, stopping: asyncio.Event | None = None) -> None:
    """Serve until told to stop, or until `stopping` is set."""
    clients = Clients(settings)
    model, close_model = _model(settings)
    contexts = Contexts(
        clients.task,
        fresh_s=FRESH_S if settings.cache else 0.0,
        most_workspaces=MOST_WORKSPACES if settings.cache else 0,
    )
    outside = offered.endpoints(settings)
    interpreter = Interpreter(model)
    interpreter.warm_up()
    await serve(
        settings,
        service=ME,
        address=settings.ai_address,
        servicers=[
            Servicer(add_AiServiceServicer_to_server, Understanding(contexts, interpreter)),
            *offered.servicers(contexts, model, outside),
        ],
        authenticate=Authenticator(service_key(settings), bearer=clients.bearer),
        ready=_ready,
        deadlines=DEADLINES,
        on_stop=[*close_model, *outside.close, clients.close],
        stopping=stopping,
    )


async def _ready() -> bool:
    # Without task it still answers at once, by UNAVAILABLE, and with it from the next call on.
    return True


def _model(settings: Settings) -> tuple[LanguageModel | None, list[Callable[[], Awaitable[None]]]]:
    if settings.deepseek_api_key is None:
        return None, []
    # Imported only where there is a model: httpx takes memory and time that most don't need.
    from services.ai.llm import deepseek  # noqa: PLC0415

    model = deepseek.made(settings, settings.deepseek_api_key.get_secret_value())
    return model, [model.close]


if __name__ == "__main__":
    run_process(main, service=ME)
