"""LearningService over gRPC: finds the workspace, reads what is taught."""

from boss.ai.v1 import learning_service_pb2 as wire
from boss.ai.v1.learning_service_pb2_grpc import LearningServiceServicer

from services.ai.context import Contexts
from services.ai.faults import acting_person
from services.ai.learning import convert
from services.ai.learning.teaching import NotTaught, taught
from services.ai.seeing import context_of
from services.runtime.interceptors import Rpc


class Learning(LearningServiceServicer):
    """Reads rules."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts

    async def ReadRule(  # noqa: N802 -- the RPC's name
        self, request: wire.ReadRuleRequest, _rpc: Rpc
    ) -> wire.ReadRuleResponse:
        """Make a rule of a sentence."""
        acting_person()
        sentence = convert.sentence(request.sentence)
        context = await context_of(self._contexts, request)
        try:
            return wire.ReadRuleResponse(rule=convert.rule(taught(sentence, context)))
        except NotTaught as wrong:
            return wire.ReadRuleResponse(not_understood=str(wrong))
