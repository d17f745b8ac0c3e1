"""The examples of docs/grpc.md, run as they are written against a running system."""

import asyncio
import os
import re
import shlex
import sys
from pathlib import Path

from tests.e2e.system import ROOT, TOKEN, running

DOC = (ROOT / "docs/grpc.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)


async def run(*command: str, **environment: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.decode()


async def test_the_examples_do_what_the_page_says(tmp_path):
    async with running(tmp_path) as system:
        address = system.run.services["task"].address

        out = await run(
            sys.executable, "-c", "\n".join(blocks("python")), TASK_ADDRESS=address, TOKEN=TOKEN
        )

        assert "workspaces/1/tasks/1 again" in out
        assert "Renew the domain" in out
        assert "TASK_NOT_FOUND" in out
        assert "3 changed, 3 held, TASK_NOT_FOUND" in out
        assert re.search(r"taken back: .*3 tasks", out)
        assert "EVENT_TYPE_COMMENT_CREATED by Owner - The registrar called" in out
        assert "found 1 - Renew the domain" in out
        assert "3 created from" in out

        await system.ask("POST", "/api/tasks", {"title": "Order chairs"})
        answers = []
        for script in blocks("sh"):
            line = script.replace("\\\n", " ").replace("$TOKEN", TOKEN)
            words = shlex.split(line.replace("127.0.0.1:50051", address))
            answers.append(await run(*as_buf(words)))

        assert sum("Order chairs" in answer for answer in answers) == 2
        assert any("SERVING" in answer for answer in answers)


def as_buf(words: list[str]) -> list[str]:
    """The command as `buf curl`, which is on PyPI; grpcurl is on neither PyPI nor Debian.

    A grpcurl command keeps its headers, body, address and method, which are what can be wrong.
    """
    buf = str(Path(sys.executable).with_name("buf"))
    if words[0] == "buf":
        return [buf, *words[1:]]
    assert words[:2] == ["grpcurl", "-plaintext"]
    *options, address, method = words[2:]
    plain = ["--protocol", "grpc", "--http2-prior-knowledge"]
    return [buf, "curl", *plain, *options, f"http://{address}/{method}"]
