"""Claiming a workspace: the first time its owner signs in, from a browser or from Telegram.

Until then its owner is only a placeholder, so what the browser or Telegram knows of the person
(name, time zone) is taken over once.
"""

import uuid
from collections.abc import Sequence

from boss.task.v1 import people_service_pb2 as pb
from boss.task.v1 import person_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from services.gateway.watch import Watch
from services.runtime.client import Stub
from services.runtime.errors import Invalid, Stale


async def claim(
    people: Stub, watch: Watch, person: person_pb2.Person, *, name: str | None, zone: str | None
) -> person_pb2.Person:
    """Make an unclaimed workspace its owner's; return the person as now known.

    Does nothing for anybody but an owner, or where it was claimed already.
    """
    if person.role != person_pb2.ROLE_OWNER:
        return person
    workspace_name, _, number = person.name.partition("/people/")
    actor = int(number)
    told = await people.GetWorkspace(pb.GetWorkspaceRequest(), actor=actor)
    workspace: person_pb2.Workspace = told.workspace
    if workspace.claimed:
        return person
    workspace.claimed = True
    try:
        if zone is None or not await _took_zone(people, watch, workspace, zone=zone, actor=actor):
            zone = None
            await _update(people, watch, workspace, ["claimed"], actor=actor)
    except Stale:
        # Of two who come at once the first has claimed it.
        return person
    paths = []
    if name is not None:
        person.display_name = name
        paths.append("display_name")
    if zone is not None:
        person.timezone = zone
        paths.append("timezone")
    if not paths:
        return person
    request = pb.UpdatePersonRequest(
        person=person,
        update_mask=FieldMask(paths=paths),
        request_id=str(uuid.uuid4()),
        no_act=True,
    )
    updated = await people.UpdatePerson(request, actor=actor)
    watch.changed_people(workspace_name, updated.position)
    found: person_pb2.Person = updated.person
    return found


async def _took_zone(
    people: Stub, watch: Watch, workspace: person_pb2.Workspace, *, zone: str, actor: int
) -> bool:
    """Return whether the zone was taken; one that this system does not know keeps nobody out."""
    before = workspace.timezone
    workspace.timezone = zone
    try:
        await _update(people, watch, workspace, ["claimed", "timezone"], actor=actor)
    except Invalid:
        workspace.timezone = before
        return False
    return True


async def _update(
    people: Stub,
    watch: Watch,
    workspace: person_pb2.Workspace,
    paths: Sequence[str],
    *,
    actor: int,
) -> None:
    request = pb.UpdateWorkspaceRequest(
        workspace=workspace,
        update_mask=FieldMask(paths=paths),
        request_id=str(uuid.uuid4()),
        etag=workspace.etag,
    )
    told = await people.UpdateWorkspace(request, actor=actor)
    watch.changed_people(workspace.name, told.position)
