"""Plays scenarios on Temporal: the owners and the runs of calls follow a script, all else is what a build ships."""

import asyncio
import os
import pathlib
import subprocess

from baton import exact, owners
from baton import workflow as workflows
from baton.plan import queue
from temporalio import activity, workflow
from temporalio.api.testservice.v1 import LockTimeSkippingRequest, UnlockTimeSkippingRequest
from temporalio.exceptions import ApplicationError
from temporalio.worker import Interceptor, WorkflowInboundInterceptor

ROOT = pathlib.Path(__file__).parents[3]
BATON = pathlib.Path(os.environ.get("BATON", ROOT / "target" / "release" / "baton"))  # a debug build serves as well
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.flow"))


def build(flow, folder):
    """Builds a flow for Temporal."""
    done = subprocess.run(
        [BATON, "build", flow, "--target", "temporal", "--out", folder], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return pathlib.Path(folder)


def scenarios(flow):
    """All scenarios of a file, each with its `play`, and which arrows can be taken at all."""
    done = subprocess.run([BATON, "test", flow, "--format", "json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return exact.loads(done.stdout)


class Script:
    """What the owners of one item do, by the visit."""

    def __init__(self, prefix, play):
        self.replies = {f"{prefix}{reply['visit']}": reply for reply in play["replies"]}
        self.runs = {f"{prefix}{run['run']}": run["receipt"] for run in play["runs"]}

    def reply(self, task):
        said = self.replies.get(task["visit"])
        return said and {name: value for name, value in said.items() if name != "visit"}


class Cast(owners.Owners):
    """Owners who follow the scripts of their items. `time` says what time does meanwhile."""

    def __init__(self, client, desk, time):
        super().__init__(pathlib.Path("nowhere"), client)
        self.scripts, self.desk, self.time, self.answers = {}, desk, time, set()

    def plays(self, names):
        """These owners are played from now on."""
        self._work |= {owners.owner_queue(name): self._act for name in names}

    async def begin(self, flow, play):
        """Lets a play's record in; by an intake that is for calls alone, as a call does."""
        plan = workflows.plans[workflows.plans.current]
        if "from" in plan["flows"][flow]["intakes"][play["intake"]]:
            await self.desk.submit(flow, play["intake"], play["record"], play["item"])
        else:
            given = {"plan": plan["hash"], "flow": flow, **{name: play[name] for name in ("intake", "item", "record")}}
            given["caller"] = "nobody/nowhere#1"
            await self._client.start_workflow(workflows.NAME, given, id=play["item"], task_queue=queue(plan["hash"]))

    def reply(self, task):
        return self.scripts[task["item"]].reply(task)

    async def _accepts(self, task):
        if self.reply(task) is None:
            await self.time.goes_on()
            activity.raise_complete_async()
        return await super()._accepts(task)

    async def _act(self, task):
        reply = self.reply(task)
        if activity.info().activity_type == "tell":
            if reply is not None:
                await self.time.stands()
                answer = asyncio.create_task(self._answer(task, reply))
                self.answers.add(answer)
        elif reply is None or "accept" in reply:
            await self.time.goes_on()
            activity.raise_complete_async()
        return reply

    async def _answer(self, task, reply):
        """What a person says, once that they were told is written down."""
        try:
            while f"{task['attempt']}/tell" in await self._pending(task["item"]):
                await asyncio.sleep(0.01)
            await self.desk.reply(task["visit"], reply, "somebody")
        finally:
            await self.time.goes_on()

    async def _pending(self, item):
        described = await self._client.get_workflow_handle(item).describe()
        return [found.activity_id for found in described.raw_description.pending_activities]


class SkippingTime:
    """The clock of the server that skips time: it stands while an attempt is open, unless it is let go once more."""

    def __init__(self, client):
        self._server = client.test_service

    async def goes_on(self):
        await self._server.unlock_time_skipping(UnlockTimeSkippingRequest())

    async def stands(self):
        await self._server.lock_time_skipping(LockTimeSkippingRequest())


class Runs(Interceptor):
    """The runs of calls end as the scripts say, or never."""

    def __init__(self, cast):
        class Inbound(WorkflowInboundInterceptor):
            async def execute_workflow(self, input):
                (given,) = input.args
                if given["item"] in cast.scripts:
                    return await super().execute_workflow(input)
                runs = cast.scripts[given["caller"].rsplit("/", 1)[0]].runs
                if given["item"] not in runs:
                    await workflow.wait_condition(lambda: False)
                if (receipt := runs[given["item"]]) is None:
                    raise ApplicationError("it failed", non_retryable=True)
                return {"end": "end", "owner": "somebody", "receipt": receipt}

        self.inbound = Inbound

    def workflow_interceptor_class(self, input):
        return self.inbound


def walked(log):
    """The states and the arrows that a log tells of."""
    handed = [line["handed"] for line in log if "handed" in line]
    return [line["state"] for line in handed], [line["hop"] for line in handed]
