"""Taking files in and writing them out, for tests; and a workspace that has one of everything."""

import json
from collections.abc import AsyncIterator
from typing import Any

from boss.task.v1 import comment_service_pb2 as comments_pb
from boss.task.v1 import template_service_pb2 as templates_pb
from boss.task.v1 import transfer_pb2
from boss.task.v1 import transfer_service_pb2 as pb

from tests.integration.task.days import ZONE, come, go, log
from tests.integration.task.world import OWNER, World, new_id, task

JSON, CSV = transfer_pb2.TRANSFER_FORMAT_JSON, transfer_pb2.TRANSFER_FORMAT_CSV
PIECE = 1_000


async def exported(
    world: World, form: Any = JSON, *, by: int = OWNER
) -> tuple[bytes, list[tuple[int, int]]]:
    """The whole file, and the progress that was told."""
    content, progress = b"", []
    async with world.transfer.ExportWorkspace(
        pb.ExportWorkspaceRequest(format=form), actor=by
    ) as pieces:
        async for piece in pieces:
            content += piece.content
            progress.append((piece.done, piece.total))
    return content, progress


async def imported(
    world: World, content: bytes, form: Any = JSON, *, by: int = OWNER, **more: Any
) -> Any:
    """The result of taking a file that is sent in pieces."""
    return (await all_progress(world, content, form, by=by, **more))[-1].result


async def all_progress(
    world: World,
    content: bytes,
    form: Any = JSON,
    *,
    by: int = OWNER,
    request_id: str = "",
    dry_run: bool = False,
    cut: bool = False,
) -> list[Any]:
    async def pieces() -> AsyncIterator[Any]:
        yield pb.ImportWorkspaceRequest(
            content=content[:PIECE], format=form, dry_run=dry_run, request_id=request_id or new_id()
        )
        for begin in range(PIECE, len(content), PIECE):
            yield pb.ImportWorkspaceRequest(content=content[begin : begin + PIECE])
        if not cut:
            yield pb.ImportWorkspaceRequest(complete=True)

    async with world.transfer.ImportWorkspace(pieces(), actor=by) as responses:
        return [response async for response in responses]


def records(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def lines(*found: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in found)


async def furnish(world: World) -> tuple[int, int]:
    """One of everything that a workspace can hold, and its two people besides the owner."""
    ana = await world.person("Ana", "LEAD", department="dev", leads=["dev"], aliases=["Annie"])
    ben = await world.person("Ben", department="dev", **ZONE)
    first = (
        await world.create(task("Draw; the plan", to=[ana, ben], tags=["a;b", "c"], project="Shop"))
    ).task
    second = (
        await world.create(
            task(
                "=HYPERLINK(1)",
                to=[ben],
                depends_on=[{"name": first.name}],
                criteria=[{"text": "Works", "done": True}, {"text": "On Safari"}],
            )
        )
    ).task
    await world.create(task("Part", parent={"name": second.name}))
    await world.do("Start", first.name, by=ben)
    gone = (await world.create("Gone")).task
    await world.do("Delete", gone.name)
    await world.comments.CreateComment(
        comments_pb.CreateCommentRequest(
            parent=first.name, comment={"text": "See @Ben\nsoon"}, request_id=new_id()
        ),
        actor=OWNER,
    )
    await world.templates.CreateTemplate(
        templates_pb.CreateTemplateRequest(
            template={"display_name": "Launch", "tags": ["go"], "subtasks": ["Press"]},
            request_id=new_id(),
        ),
        actor=OWNER,
    )
    await log(world, ben, first.name, "1h30m", note="Drafts")
    await come(world, ben, "2026-11-25 09:22")
    await go(world, ben, "2026-11-25 18:05")
    return ana, ben
