"""Rules over the wire, in and out: the only file of learning that knows the protos."""

import re
from collections.abc import Iterable, Sequence

from boss.ai.v1 import ai_service_pb2
from boss.task.v1 import person_pb2, rule_pb2

from services.ai.faults import Faults
from services.ai.learning.model import (
    PHRASE_MOST,
    RULES_MOST,
    SENTENCE_MOST,
    WORDS_MOST,
    Applied,
    Rule,
    RuleField,
    RuleKind,
)
from services.ai.model import Candidate

PEOPLE_MOST, LESSON_MOST = 20, 8_000
_KINDS = {rule_pb2.RuleKind.Value(f"RULE_KIND_{each.name}"): each for each in RuleKind}
_FIELDS = {rule_pb2.RuleField.Value(f"RULE_FIELD_{each.name}"): each for each in RuleField}
_KIND_OF = {each: value for value, each in _KINDS.items()}
_FIELD_OF = {each: value for value, each in _FIELDS.items()}
_NAME = re.compile(r"(?:workspaces/[1-9]\d{0,18}/rules/[1-9]\d{0,18})?", re.ASCII)


def rules(protos: Sequence[rule_pb2.Rule]) -> tuple[Rule, ...]:
    """Return the rules of a request, the oldest first; Invalid names every fault."""
    if not protos:
        return ()
    faults = Faults()
    faults.many("rules", protos, most=RULES_MOST)
    found = [_rule(proto, f"rules[{at}]", faults) for at, proto in enumerate(protos[:RULES_MOST])]
    faults.raise_if_any()
    return tuple(rule for rule in found if rule is not None)


def _rule(proto: rule_pb2.Rule, field: str, faults: Faults) -> Rule | None:
    kind = _KINDS.get(proto.kind)
    sets = _FIELDS.get(proto.field)
    if kind is None:
        faults.add(f"{field}.kind", "must be means, default or lesson")
        return None
    if (kind is RuleKind.MEANS) == (sets is not None):
        faults.add(f"{field}.field", "must be set for defaults and lessons, and for them alone")
    of_person = kind is RuleKind.DEFAULT and proto.HasField("person")
    most = LESSON_MOST if kind is RuleKind.LESSON else PHRASE_MOST
    faults.text(f"{field}.phrase", proto.phrase, least=0 if of_person else 1, most=most)
    faults.text(f"{field}.value", proto.value, most=WORDS_MOST)
    faults.text(f"{field}.sentence", proto.sentence, most=SENTENCE_MOST)
    faults.many(f"{field}.people", proto.people, most=PEOPLE_MOST)
    if not _NAME.fullmatch(proto.name):
        faults.add(f"{field}.name", "must be workspaces/{workspace}/rules/{rule}")
    return Rule(
        kind=kind,
        phrase=proto.phrase,
        value=proto.value,
        field=sets,
        people=tuple(_candidate(who) for who in proto.people),
        person=_candidate(proto.person) if of_person else None,
        sentence=proto.sentence,
        name=proto.name,
    )


def _candidate(proto: person_pb2.PersonRef) -> Candidate:
    return Candidate(proto.name, proto.display_name)


def sentence(text: str) -> str:
    """Return what is taught; Invalid where it is no text."""
    faults = Faults()
    faults.text("sentence", text, least=1, most=SENTENCE_MOST)
    faults.raise_if_any()
    return text


def rule(value: Rule) -> rule_pb2.Rule:
    """Return a rule as it goes over the wire."""
    return rule_pb2.Rule(
        name=value.name,
        kind=_KIND_OF[value.kind],
        phrase=value.phrase,
        value=value.value,
        field=rule_pb2.RULE_FIELD_UNSPECIFIED if value.field is None else _FIELD_OF[value.field],
        people=[_ref(who) for who in value.people],
        person=None if value.person is None else _ref(value.person),
        sentence=value.sentence,
    )


def _ref(value: Candidate) -> person_pb2.PersonRef:
    return person_pb2.PersonRef(name=value.name, display_name=value.display_name)


def applied(values: Iterable[Applied]) -> list[ai_service_pb2.AppliedRule]:
    """Return the rules that took part in a reading."""
    return [
        ai_service_pb2.AppliedRule(
            rule=each.rule.name, words=each.words, field=each.field, task=each.task
        )
        for each in values
    ]
