"""PlanningService over gRPC: finds the workspace, plans by rules, takes the model's steps."""

from boss.ai.v1 import planning_service_pb2 as wire
from boss.ai.v1.planning_service_pb2_grpc import PlanningServiceServicer

from services.ai.context import Contexts
from services.ai.faults import acting_person
from services.ai.llm import worded
from services.ai.llm.asking import LanguageModel
from services.ai.planning import convert, ideas
from services.ai.planning.draft import Asked, draft
from services.ai.planning.refine import refined
from services.ai.seeing import context_of
from services.runtime.interceptors import Rpc

# ruff: noqa: N802 -- the RPCs' names


class Planning(PlanningServiceServicer):
    """Drafts plans and changes them."""

    def __init__(self, contexts: Contexts, model: LanguageModel | None) -> None:
        self._contexts = contexts
        self._model = model

    async def DraftPlan(self, request: wire.DraftPlanRequest, _rpc: Rpc) -> wire.DraftPlanResponse:
        """Make a plan of a few words."""
        acting_person()
        asked = Asked(request.text, convert.answers(request))
        context = await context_of(self._contexts, request)
        said, source = await worded.asked(
            self._model, ideas.prompt(asked), ideas.Ideas, local_only=request.local_only
        )
        steps = ideas.steps(said, asked, context)
        drafted = draft(asked, context, steps)
        if said is not None and not steps:
            source = worded.AFTER_MODEL
        return wire.DraftPlanResponse(
            plan=convert.plan_out(drafted.plan),
            questions=convert.questions(drafted.questions),
            source=source,
        )

    async def RefinePlan(
        self, request: wire.RefinePlanRequest, _rpc: Rpc
    ) -> wire.RefinePlanResponse:
        """Change a plan as the words say."""
        context = await context_of(self._contexts, request)
        found = refined(convert.plan(request.plan, request.words, context), request.words, context)
        return wire.RefinePlanResponse(
            plan=convert.plan_out(found.plan),
            changes=convert.changes(found.changes),
            not_understood=found.not_understood,
        )
