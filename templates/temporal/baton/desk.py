"""What people and sources do: let work in, answer it, look at it.

Must not know: how it is asked for, or shown. Whatever is refused is Refused, and has changed nothing.
"""

import uuid
from collections.abc import AsyncIterator
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from . import exact, interpreter
from .item import Key, Record, Refused
from .plan import Plan, Plans, queue
from .workflow import NAME

Handle = WorkflowHandle[Any, Any]


class Desk:
    """Everything about the items of one Temporal namespace."""

    def __init__(self, client: Client, plans: Plans) -> None:
        self._client, self._plans = client, plans

    async def submit(self, flow: str, intake: str, record: Any, id: str | None = None) -> tuple[str, bool]:
        """Lets a record in: the item's id, and whether it is new. One that is there already is left as it is."""
        id = str(uuid.uuid4()) if id is None else id
        plan = self._plans[self._plans.current]
        interpreter.start(plan, flow, intake, id, record, 0)
        given = {"plan": plan["hash"], "flow": flow, "intake": intake, "item": id, "record": record}
        try:
            await self._client.start_workflow(
                NAME,
                given,
                id=id,
                task_queue=queue(plan["hash"]),
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=flow,
            )
        except WorkflowAlreadyStartedError:
            return id, False
        return id, True

    async def reply(self, visit: str, reply: Record, by: str) -> Record:
        """Takes `{made, decision?}`, `{accept: true}` or `{fail}` to a visit: where the item is then."""
        key = Key.read(visit)
        if key is None:
            raise Refused("unknown", f"there is no `{visit}`")
        return await self._update(key.item, "reply", {"visit": visit, "by": by, **reply})

    async def cancel(self, item: str, reason: str, by: str) -> Record:
        """Stops an item, wherever it is."""
        return await self._update(item, "cancel", {"reason": reason, "by": by})

    async def status(self, item: str) -> Record:
        """Where an item is, or how it has ended."""
        found: Record = await self._query(item, "status")
        return found

    async def task(self, item: str) -> Record | None:
        """What the owner of the item's open visit is told; None where nobody has anything to do."""
        found: Record | None = await self._query(item, "task")
        return found

    async def outcome(self, item: str) -> Record:
        """Waits for the end of an item: how it has ended."""
        try:
            outcome: Record = await self._client.get_workflow_handle(item).result()
        except WorkflowFailureError as error:
            if isinstance(error.cause, ApplicationError) and isinstance(error.cause.details[0], dict):
                return error.cause.details[0]
            return {"owner": "", "reason": str(error.cause)}
        return outcome

    async def log(self, item: str) -> list[Record]:
        """All that has happened to an item, in order."""
        lines: list[Record] = []
        run: str | None = None
        while True:
            found = await self._query(item, "log", run=run)
            lines = found["lines"] + lines
            if not (run := found["before"]):
                return lines

    async def items(self, *, open: bool) -> AsyncIterator[tuple[str, Record]]:
        """All items, or those that have not ended, each with what is shown of it: `state`, `owner`, `due`, `visit`,
        `by_hand`. The list follows what happens after a moment."""
        running = " AND ExecutionStatus = 'Running'" if open else ""
        async for found in self._client.list_workflows(f"WorkflowType = '{NAME}'{running}"):
            memo = await found.memo()
            if "state" in memo:
                yield found.id, dict(memo)

    def plan(self, hash: str) -> Plan:
        """A plan that some item keeps."""
        return self._plans[hash]

    async def _update(self, item: str, update: str, said: Record) -> Record:
        handle = self._client.get_workflow_handle(item)
        try:
            taken: Record = await handle.execute_update(update, said)
        except WorkflowUpdateFailedError as error:
            raise _refused(error.cause) from None
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            raise await self._ended(item, said) from None
        return taken

    async def _ended(self, item: str, said: Record) -> Refused:
        """Why something is refused of an item that has ended, or never was."""
        why = await self._query(item, "verdict", said) if "visit" in said else None
        word, _, why = (why or "late: the item has ended").partition(": ")
        return Refused(word, why)

    async def _query(self, item: str, query: str, *given: Any, run: str | None = None) -> Any:
        handle = self._client.get_workflow_handle(item, run_id=run)
        try:
            return await handle.query(query, *given)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise Refused("unknown", f"there is no item `{item}`") from None
            raise


def _refused(cause: BaseException) -> Refused:
    if isinstance(cause, ApplicationError) and cause.type and cause.details:
        return Refused(cause.type, str(cause.details[0]))
    return Refused("broken", str(cause))


def readable(record: bytes) -> Any:
    """A record or an answer as JSON. Raises Refused."""
    try:
        return exact.loads(record)
    except exact.NOT_JSON as error:
        raise Refused("misfit", f"it is not JSON: {error}") from None
