"""The durable workflow that takes one work item through its plan.

Must not know: what follows from an event: the interpreter does. Nothing here reads or writes anything: what owners do
happens in activities. Whatever happens to the item happens through `_happen`, one event after the other.
"""

import asyncio
import os
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from temporalio import exceptions, workflow
from temporalio.common import RetryPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError

from . import exact, interpreter
from .fit import Misfit
from .item import (
    Accept,
    Cancel,
    Deliver,
    Due,
    Effect,
    Event,
    Fail,
    Item,
    Key,
    Note,
    Record,
    Refused,
    RunEnded,
    RunStart,
    Visit,
)
from .plan import Plan, Plans, State, by_hand, owner_queue

NAME = "baton"
"""The type of every item's workflow."""
LOST_AFTER = timedelta(seconds=float(os.environ.get("BATON_LOST_AFTER", 30)))
"""An attempt that gives no sign of life for so long was lost with its worker, and is given out again."""
AGAIN = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
"""How attempts that were lost are given out again. The retries of the plan are not among them."""
TELLING = timedelta(minutes=1)
"""Telling somebody of work takes no longer, or is tried again."""
GRACE = timedelta(minutes=1)
"""The engine forgets an attempt so long after the deadline, which has taken the work by then."""
LONGEST_SLEEP = timedelta(days=3650)
"""The time of one timer."""
TIMER, ENGINE = "timer", "engine"
"""Who brought something about, where nobody did."""

plans = Plans()
"""The plans of this worker, loaded before it starts. Each is known by its hash: a workflow sees the same plan whenever
it is replayed."""


@workflow.defn(name=NAME)
class ItemWorkflow:
    """Given `{plan, flow, intake, item, record}` for new work, with `caller` for a run of a call, or `{going_on}` for
    an item in a new history. Returns how it has ended, `{end, owner, receipt}`; or fails, with `{end, owner, reason}`
    in the details of the failure."""

    @workflow.init
    def __init__(self, given: Record) -> None:
        self._log: list[Record] = []
        self._work: list[asyncio.Task[None]] = []
        self._runs: list[asyncio.Task[None]] = []
        self._changes = 0
        self._renew = False
        self._fault: Refused | None = None
        self._refused: Refused | None = None
        self._begin: list[Effect]
        if "going_on" in given:
            self._item = Item.read(given["going_on"])
            self._plan: Plan = plans[self._item.plan]
            self._begin = interpreter.again(self._plan, self._item)
            return
        self._plan = plans[given["plan"]]
        try:
            self._item, self._begin = _let_in(self._plan, given)
        except Refused as refused:
            self._refused, self._begin = refused, []
            self._item = Item(given["item"], given["plan"], given["flow"], given["intake"], _now())

    @workflow.run
    async def run(self, given: Record) -> Record:
        if self._refused:
            raise _failure(self._refused)
        self._do(self._begin, given.get("caller") or given.get("intake") or ENGINE)
        try:
            while self._item.outcome is None and not self._renew:
                await self._something()
        except asyncio.CancelledError:
            self._happen(Cancel("it was cancelled on the engine"), ENGINE)
            raise
        await workflow.wait_condition(workflow.all_handlers_finished)
        if (outcome := self._item.outcome) is None:
            workflow.continue_as_new({"going_on": self._item.write()})
        if "receipt" in outcome:
            return outcome
        raise ApplicationError(outcome["reason"], outcome, type=outcome.get("end", "cancelled"), non_retryable=True)

    async def _something(self) -> None:
        """Waits until something has happened, or is due, which then happens."""
        before = self._changes
        due = interpreter.next_due(self._plan, self._item)
        left = timedelta(microseconds=max(due - _now(), 0) if due is not None else exact.LATEST)
        try:
            if left:
                await workflow.wait_condition(
                    lambda: self._changes != before or self._fault is not None,
                    timeout=min(left, LONGEST_SLEEP),
                    timeout_summary=self._place(),
                )
        except TimeoutError:
            left = timedelta()
        if self._fault:
            raise self._fault  # no failure of the item's: the engine asks again, until the fault is mended
        if not left and self._changes == before:
            self._happen(Due(), TIMER)

    def _happen(self, event: Event, by: str) -> None:
        """Takes a step. Raises Refused, and then nothing has changed."""
        before = self._key()
        self._item, effects = interpreter.step(self._plan, self._item, event, _now())
        self._changes += 1
        if self._key() != before:
            for work in self._work:
                work.cancel()
            self._work.clear()
        self._do(effects, by)

    def _try(self, event: Event, by: str) -> None:
        """The same of what came from outside, and may have come too late."""
        try:
            self._happen(event, by)
        except Refused as refused:
            if refused.word == "broken":
                self._fault = refused
            self._note(by, dropped=str(refused))

    def _do(self, effects: list[Effect], by: str) -> None:
        for effect in effects:
            if isinstance(effect, Note):
                self._note(by, **effect.line)
        self._show()
        begins = [effect for effect in effects if not isinstance(effect, Note)]
        if begins and workflow.info().is_continue_as_new_suggested():
            self._renew = True  # the history is long: what begins now begins in a new one
            return
        for effect in begins:
            if isinstance(effect, RunStart):
                self._runs.append(asyncio.create_task(self._run(effect)))
            else:
                self._work.append(asyncio.create_task(self._attempt(effect)))

    def _note(self, by: str, **line: Any) -> None:
        self._log.append({"at": exact.iso(_now()), "by": by, **line})

    # What happens outside

    def _attempt(self, begun: Deliver) -> Coroutine[Any, Any, None]:
        """Gives an attempt to its owner."""
        visit, state = self._open()
        makes = plans.makes(self._item.plan, self._item.flow, visit.state)
        task = interpreter.task(self._plan, self._item, makes)
        queue = owner_queue(self._plan["actors"][state["owner"]]["owner"])
        deadline = exact.after(visit.since, state["deadline"]["seconds"])
        left = timedelta(microseconds=max(deadline - _now(), 0)) + GRACE
        if by_hand(self._plan, state):
            return self._tell(begun.attempt, task, queue, left)
        return self._ask(begun.attempt, task, queue, left, state["owner"])

    async def _ask(self, attempt: Key, task: Any, queue: str, left: timedelta, owner: str) -> None:
        try:
            done = await workflow.execute_activity(
                "work",
                task,
                task_queue=queue,
                schedule_to_close_timeout=left,
                heartbeat_timeout=LOST_AFTER,
                retry_policy=AGAIN,
                activity_id=str(attempt),
                summary=task["goal"],
            )
        except ActivityError as error:
            if isinstance(error.cause, exceptions.TimeoutError | exceptions.CancelledError):
                return  # what a time that is over leads to, the timers of the state say
            done = {"reply": {"fail": f"it broke off: {error.cause}"}, "delivery": 1}
        if done["delivery"] > 1:
            self._note(ENGINE, repeated=str(attempt))
        self._try(_event(attempt, done["reply"]), owner)

    async def _tell(self, attempt: Key, task: Any, queue: str, left: timedelta) -> None:
        try:
            await workflow.execute_activity(
                "tell",
                task,
                task_queue=queue,
                start_to_close_timeout=TELLING,
                schedule_to_close_timeout=left,
                activity_id=f"{attempt}/tell",
                summary=task["goal"],
            )
        except ActivityError as error:
            if not isinstance(error.cause, exceptions.CancelledError):
                self._note(ENGINE, untold=str(attempt), reason=str(error.cause))

    async def _run(self, run: RunStart) -> None:
        """Begins a run of a call, and takes its end. One that is no longer awaited goes on to its own end."""
        given = {"plan": self._item.plan, "flow": run.flow, "intake": run.intake, "item": run.id}
        receipt = None
        try:
            outcome = await workflow.execute_child_workflow(
                NAME,
                given | {"record": run.argument, "caller": run.caller},
                id=run.id,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                cancellation_type=workflow.ChildWorkflowCancellationType.ABANDON,
                static_summary=f"{run.flow} for {run.caller}",
            )
            receipt = outcome["receipt"]
        except ChildWorkflowError:
            pass  # it has ended in failure, or was stopped
        self._try(RunEnded(run.id, receipt), run.id)

    # What people, and programs that begin, say

    @workflow.update
    def reply(self, said: Record) -> Record:
        """`{visit, accept: true}`, `{visit, made, decision?}` or `{visit, fail}`, and `by`: who says so."""
        event, by = self._said(said)
        self._answered(event, by)
        return self.status()

    @reply.validator
    def _check_reply(self, said: Record) -> None:
        self._check(self._said(said)[0])

    @workflow.update
    def accept(self, said: Record) -> None:
        """`{visit}`: a program has begun with it."""
        self._answered(_accepted(said), ENGINE)

    @accept.validator
    def _check_accept(self, said: Record) -> None:
        self._check(_accepted(said))

    @workflow.update
    def cancel(self, said: Record) -> Record:
        """`{reason, by}`: stops the item, wherever it is."""
        self._answered(Cancel(str(said["reason"])), str(said["by"]))
        return self.status()

    @cancel.validator
    def _check_cancel(self, said: Record) -> None:
        self._check(Cancel(str(said["reason"])))

    def _said(self, said: Record) -> tuple[Event, str]:
        """What somebody says. Raises an ApplicationError whose type is why that is refused."""
        by, said = str(said.get("by", "somebody")), {name: value for name, value in said.items() if name != "by"}
        visit = Key.read(str(said.get("visit")))
        try:
            if visit is None or visit.state not in self._flow()["states"]:
                raise Refused("unknown", f"there is no `{said.get('visit')}`")
            state = self._flow()["states"][visit.state]
            if state["kind"] in ("state", "approval") and not by_hand(self._plan, state):
                kind = self._plan["actors"][state["owner"]]["kind"]
                raise Refused("unknown", f"`{visit.state}` is for {state['owner']}, a {kind}, to answer")
            return interpreter.reply(visit, said), by
        except Misfit as misfit:
            raise _failure(Refused.misfit(misfit)) from None
        except Refused as refused:
            raise _failure(refused) from None

    def _check(self, event: Event) -> None:
        """Whether that would be taken; nothing changes, not even the history."""
        try:
            interpreter.step(self._plan, self._item, event, _now())
        except Refused as refused:
            raise _failure(refused) from None

    def _answered(self, event: Event, by: str) -> None:
        try:
            self._happen(event, by)
        except Refused as refused:
            raise _failure(refused) from None

    # What can be seen

    @workflow.query
    def status(self) -> Record:
        """Where the item is."""
        item, visit = self._item, self._item.visit
        seen: Record = {"item": item.id, "flow": item.flow, "plan": item.plan, "cost": item.cost}
        if visit is None:
            return seen | {"outcome": item.outcome, "refused": self._refused and str(self._refused)}
        _, state = self._open()
        due = interpreter.next_due(self._plan, item)
        return seen | {
            "state": visit.state,
            "visit": str(item.key(visit)),
            "attempt": visit.attempt,
            "owner": state["owner"],
            "goal": state["goal"],
            "since": exact.iso(visit.since),
            "accepted": visit.accepted and exact.iso(visit.accepted),
            "due": due and exact.iso(due),
        }

    @workflow.query
    def task(self) -> Record | None:
        """What the owner of the open visit is told."""
        if self._item.visit is None or self._open()[1]["kind"] not in ("state", "approval"):
            return None
        makes = plans.makes(self._item.plan, self._item.flow, self._item.visit.state)
        return interpreter.task(self._plan, self._item, makes)

    @workflow.query
    def log(self) -> Record:
        """What has happened in this history, and the history before it: `{lines, before}`."""
        return {"lines": self._log, "before": workflow.info().continued_run_id}

    @workflow.query
    def verdict(self, said: Record) -> str | None:
        """Why a reply is refused, of an item that has ended."""
        try:
            self._check(self._said(said)[0])
        except ApplicationError as refused:
            return refused.message
        return None

    def _show(self) -> None:
        """Shows in lists, and on the engine's pages, where the item is."""
        if (visit := self._item.visit) is None:
            outcome = self._item.outcome or {}
            end = outcome.get("end", "cancelled")
            workflow.upsert_memo({"state": end, "owner": outcome.get("owner"), "due": None, "by_hand": False})
            workflow.set_current_details(f"Has ended: **{end}**")
            return
        status, (_, state) = self.status(), self._open()
        shown = {name: status[name] for name in ("state", "owner", "due", "visit")}
        asked = state["kind"] in ("state", "approval") and by_hand(self._plan, state)
        workflow.upsert_memo(shown | {"by_hand": asked})
        place = f"**{visit.state}** is with **{state['owner']}** until {status['due']}"
        workflow.set_current_details(f"{place}\n\n{state['goal']}")

    # Small things

    def _flow(self) -> Any:
        return self._plan["flows"][self._item.flow]

    def _open(self) -> tuple[Visit, State]:
        """The visit that is open, which there is, and its state."""
        if self._item.visit is None:
            raise Refused("broken", "the item has ended")
        return self._item.visit, self._flow()["states"][self._item.visit.state]

    def _key(self) -> Key | None:
        """The name of the visit that is open."""
        return self._item.key(self._item.visit) if self._item.visit else None

    def _place(self) -> str:
        return self._item.visit.state if self._item.visit else ""


def _let_in(plan: Plan, given: Record) -> interpreter.Next:
    """New work. Raises Refused."""
    flow, intake, item, record = (given[name] for name in ("flow", "intake", "item", "record"))
    if caller := given.get("caller"):
        return interpreter.start_run(plan, RunStart(item, flow, intake, record, caller), _now())
    return interpreter.start(plan, flow, intake, item, record, _now())


def _event(attempt: Key, said: Any) -> Event:
    """What a program's reply to an attempt means."""
    try:
        event = interpreter.reply(attempt, said)
    except Misfit as misfit:
        return Fail(attempt, f"its reply does not fit: {misfit}")
    return Fail(attempt, "it said nothing but that it accepts") if isinstance(event, Accept) else event


def _accepted(said: Record) -> Accept:
    return Accept(Key.read(said["visit"]) or Key("", "", 0))


def _failure(refused: Refused) -> ApplicationError:
    return ApplicationError(str(refused), refused.why, type=refused.word, non_retryable=True)


def _now() -> int:
    """In microseconds since 1970, as the engine has it."""
    return workflow.time_ns() // 1000
