"""AdviceService and SpecService over gRPC: find the workspace, advise by rules, have it worded."""

from boss.ai.v1 import advice_service_pb2 as wire
from boss.ai.v1 import spec_service_pb2
from boss.ai.v1.advice_service_pb2_grpc import AdviceServiceServicer
from boss.ai.v1.spec_service_pb2_grpc import SpecServiceServicer

from services.ai.advice import convert, spec, words
from services.ai.advice.breakdown import broken_down
from services.ai.context import Contexts
from services.ai.faults import acting_person
from services.ai.llm import sticking, worded
from services.ai.llm.asking import LanguageModel
from services.ai.seeing import context_of
from services.ai.staffing import Staff
from services.runtime.interceptors import Rpc

# ruff: noqa: N802 -- the RPCs' names


class Advice(AdviceServiceServicer):
    """Advises on tasks."""

    def __init__(self, contexts: Contexts, model: LanguageModel | None) -> None:
        self._contexts = contexts
        self._model = model

    async def BreakDownTask(
        self, request: wire.BreakDownTaskRequest, _rpc: Rpc
    ) -> wire.BreakDownTaskResponse:
        """Propose subtasks."""
        acting_person()
        convert.to_break_down(request)
        parts = broken_down(
            request.title,
            request.description,
            kind=request.type,
            minutes=request.estimate_minutes,
        )
        return wire.BreakDownTaskResponse(subtasks=convert.subtasks(parts), source=worded.RULES)

    async def SuggestAssignees(
        self, request: wire.SuggestAssigneesRequest, _rpc: Rpc
    ) -> wire.SuggestAssigneesResponse:
        """Propose people, with reasons."""
        acting_person()
        work, history, limit = convert.work(request)
        context = await context_of(self._contexts, request)
        ranked = Staff.of(context.roster, context.open_tasks, history).ranked(work)
        return wire.SuggestAssigneesResponse(
            suggestions=[convert.suggestion(each) for each in ranked[:limit]],
            more=max(0, len(ranked) - limit),
            source=worded.RULES,
        )

    async def Summarize(self, request: wire.SummarizeRequest, _rpc: Rpc) -> wire.SummarizeResponse:
        """Say what happened."""
        context = await context_of(self._contexts, request)
        sentences = convert.sentences(request, context)
        said, source = await worded.asked(
            self._model,
            words.summary_prompt(sentences),
            words.SummaryWords,
            local_only=request.local_only,
        )
        text = " ".join(sentences)
        if said is not None:
            if sticking.sticks_to(said.text, text, context):
                text = said.text
            else:
                source = worded.AFTER_MODEL
        return wire.SummarizeResponse(sentences=sentences, text=text, source=source)


class Specs(SpecServiceServicer):
    """Drafts spec sheets and changes them."""

    def __init__(self, contexts: Contexts, model: LanguageModel | None) -> None:
        self._contexts = contexts
        self._model = model

    async def DraftSpec(
        self, request: spec_service_pb2.DraftSpecRequest, _rpc: Rpc
    ) -> spec_service_pb2.DraftSpecResponse:
        """Make a sheet of a few words."""
        acting_person()
        text = convert.spec_text(request.text)
        context = await context_of(self._contexts, request)
        sheet = spec.drafted(text, context)
        said, source = await worded.asked(
            self._model,
            words.spec_prompt(text, sheet),
            words.SpecWords,
            local_only=request.local_only,
        )
        if said is not None:
            better = words.better(sheet, said, text, context)
            sheet, source = (better, source) if better else (sheet, worded.AFTER_MODEL)
        return spec_service_pb2.DraftSpecResponse(spec=convert.spec_out(sheet), source=source)

    async def RefineSpec(
        self, request: spec_service_pb2.RefineSpecRequest, _rpc: Rpc
    ) -> spec_service_pb2.RefineSpecResponse:
        """Change a sheet as the words say."""
        context = await context_of(self._contexts, request)
        sheet = convert.spec_in(request.spec, request.words, context)
        found = spec.refined(sheet, request.words, context)
        return spec_service_pb2.RefineSpecResponse(
            spec=convert.spec_out(found.spec),
            changes=found.changes,
            not_understood=found.not_understood,
        )
