"""AiService over gRPC: converts, finds the sender's workspace, has the message read."""

from boss.ai.v1 import ai_service_pb2 as wire
from boss.ai.v1.ai_service_pb2_grpc import AiServiceServicer

from services.ai import convert
from services.ai.context import Contexts, Known
from services.ai.explain import explained
from services.ai.faults import Faults
from services.ai.interpret import Interpreter
from services.ai.learning import convert as learning
from services.ai.learning.after import completed
from services.ai.learning.before import rewritten
from services.runtime import clock
from services.runtime import context as calls
from services.runtime.errors import Forbidden
from services.runtime.interceptors import Rpc


class Understanding(AiServiceServicer):
    """The one servicer of `ai`."""

    def __init__(self, contexts: Contexts, interpreter: Interpreter) -> None:
        self._contexts = contexts
        self._interpreter = interpreter

    async def Interpret(  # noqa: N802 -- the RPC's name
        self, request: wire.InterpretRequest, _rpc: Rpc
    ) -> wire.InterpretResponse:
        """Read one message of the acting person; the proto says what a caller must know."""
        caller = calls.caller()
        if caller.person is None:
            raise Forbidden(
                "PERSON_MISSING",
                "Messages are people's: send a token, or name the person who acts.",
            )
        asked = convert.asked(request)
        rules = learning.rules(request.rules)
        known = await self._contexts.get(
            caller.person, min_position=asked.min_position, workspace=caller.workspace
        )
        _check_hints(asked, known)
        context = known.seen_by(
            caller.person,
            now=asked.received_at or clock.now(),
            last_task=asked.last_task,
            card_tasks=asked.card_tasks,
        )
        said = rewritten(asked.text, rules)
        reading = await self._interpreter.interpret(
            said.text, context, as_of=known.position, local_only=asked.local_only
        )
        reading, applied = completed(said.of_message(reading), asked.text, rules, context)
        answer = wire.InterpretResponse(
            interpretation=convert.interpretation(reading),
            applied_rules=learning.applied((*said.applied, *applied)),
        )
        if asked.explain:
            answer.explanation.CopyFrom(convert.explanation(explained(asked.text, context)))
        return answer


def _check_hints(asked: convert.Asked, known: Known) -> None:
    """Refuse hints at another workspace; whether such a task exists is not told."""
    named = {"hints.last_task": asked.last_task} | {
        f"hints.card_tasks[{index}]": name for index, name in enumerate(asked.card_tasks)
    }
    faults = Faults()
    for field, name in named.items():
        if name is not None and convert.workspace_of(name) != known.workspace:
            faults.add(field, "must be a task of the sender's workspace")
    faults.raise_if_any()
