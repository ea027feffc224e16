"""How owners are reached: the activities, what the stubs in `owners/` say, and helpers for them.

Must not know: flows, or where work goes next. Whatever an owner does, the attempt ends in a reply: `{"made": {…}}` or
`{"fail": "why"}`. So what Temporal repeats by itself are only attempts that were lost with their worker, and those keep
their key: an owner that must not do a thing twice remembers `task["attempt"]`.
"""

import asyncio
import contextlib
import contextvars
import http.client
import importlib.util
import inspect
import os
import shlex
import signal
import subprocess
import urllib.parse
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowUpdateFailedError

from . import exact
from .plan import owner_queue

Task = dict[str, Any]
"""What the owner is told: `goal`, `asset`, `context`, `makes` (the JSON Schema of what is to be made), `due`, …"""
Reply = dict[str, Any]
"""`{"made": {…}}` or `{"fail": "why"}`."""

MAX_REPLY = 4 * 1024 * 1024
"""The bytes of the longest reply."""
BEATS = 3
"""Signs of life that an attempt gives in the time after which it would count as lost."""
MOST_THREADS = 1000
"""Attempts that are not `async`, of all owners together."""


class Failed(Exception):
    """An attempt that came to nothing; its text is the reason."""


class Owners:
    """The files of a folder: `writer.py` with `work(task)` is the owner `writer`."""

    def __init__(self, folder: Path, client: Client) -> None:
        self._folder, self._client = folder, client
        self._threads = ThreadPoolExecutor(MOST_THREADS)  # as many as are needed: each worker has a limit of its own
        self._work: dict[str, Callable[[Task], Reply | Awaitable[Reply]]] = {}

    def load(self, name: str, function: str) -> None:
        """Loads an owner's file. Raises what the file raises, and AttributeError if it lacks the function."""
        spec = importlib.util.spec_from_file_location(f"owners.{name}", self._folder / f"{name}.py")
        if spec is None or spec.loader is None:
            raise ImportError(f"owners/{name}.py can't be read")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self._work[owner_queue(name)] = getattr(module, function)

    @activity.defn
    async def work(self, task: Task) -> dict[str, Any]:
        """One attempt: `{"reply": …, "delivery": N}`, N counting how often this attempt was given out."""
        beating = asyncio.create_task(_beat())
        try:
            if task["accept_due"] and not await self._accepts(task):
                return _done({"fail": "it was too late to begin"})
            return _done(await self._replied(task))
        finally:
            beating.cancel()

    @activity.defn
    async def tell(self, task: Task) -> None:
        """Tells a person, or the members of a queue, that work waits."""
        await self._asked(task)

    async def _replied(self, task: Task) -> Any:
        """What the owner replies, an exception being a failure."""
        try:
            return await self._asked(task)
        except Failed as failed:
            return {"fail": str(failed)}
        except Exception as error:
            return {"fail": f"{type(error).__name__}: {error}"}

    async def _asked(self, task: Task) -> Any:
        work = self._work[activity.info().task_queue]
        if inspect.iscoroutinefunction(work):
            return await work(task)
        here = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, here.run, work, task)

    async def _accepts(self, task: Task) -> bool:
        """A program accepts when its attempt begins."""
        item = self._client.get_workflow_handle(task["item"])
        try:
            await item.execute_update("accept", {"visit": task["visit"]}, id=f"{task['attempt']}/accept")
        except WorkflowUpdateFailedError:
            return False
        return True


def _done(reply: Any) -> dict[str, Any]:
    delivery = activity.info().attempt
    try:
        size = len(exact.dumps(reply).encode())
    except exact.NOT_JSON as error:
        return {"reply": {"fail": f"its reply is not JSON: {error}"}, "delivery": delivery}
    if size > MAX_REPLY:
        reply = {"fail": f"it answered with more than {MAX_REPLY} bytes"}
    return {"reply": reply, "delivery": delivery}


async def _beat() -> None:
    lost_after = activity.info().heartbeat_timeout
    while lost_after:
        activity.heartbeat()
        await asyncio.sleep(lost_after.total_seconds() / BEATS)


# ------------------------------------------------------------------------------------------- helpers for the stubs


def command(line: str, task: Task) -> Reply:
    """Runs a command, without a shell: the task on its standard input, the reply on its standard output. What it has
    started is ended when its time is over."""
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    process = subprocess.Popen(shlex.split(line), stdin=pipe, stdout=pipe, stderr=null, start_new_session=True)
    try:
        said, _ = process.communicate(exact.dumps(task).encode(), timeout=seconds_left(task))
    except subprocess.TimeoutExpired:
        raise Failed("it did not end in time") from None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode != 0:
        raise Failed(f"it ended with status {process.returncode}")
    return reply(said)


def call(binding: str, task: Task, **headers: str) -> Reply:
    """Calls `METHOD URL` with the task as the body; the body of the response is the reply. Any status but 2xx is a
    failure, redirections too. The header `Idempotency-Key` names the attempt."""
    method, url = binding.split(None, 1)
    parts = urllib.parse.urlsplit(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=seconds_left(task))
    key = urllib.parse.quote(str(task["attempt"]), safe="/#:@!$&'()*+,;=?[] ~")
    sent = {"Content-Type": "application/json", "Idempotency-Key": f'"{key}"', **headers}
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, exact.dumps(task).encode(), sent)
        response = connection.getresponse()
        said = response.read(MAX_REPLY + 1)
    except TimeoutError:
        raise Failed("it did not answer in time") from None
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"it can't be reached: {error}") from None
    finally:
        connection.close()
    if not 200 <= response.status < 300:
        raise Failed(f"it answered with status {response.status}")
    return reply(said)


def reply(said: bytes) -> Reply:
    """What an owner wrote, as JSON."""
    if len(said) > MAX_REPLY:
        raise Failed(f"it answered with more than {MAX_REPLY} bytes")
    try:
        found: Reply = exact.loads(said)
    except exact.NOT_JSON as error:
        raise Failed(f"its reply is not JSON: {error}") from None
    return found


def seconds_left(task: Task) -> float:
    """Until the deadline."""
    left = datetime.fromisoformat(task["due"]) - datetime.now(UTC)
    return max(left.total_seconds(), 0.001)
