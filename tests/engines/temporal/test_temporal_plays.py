"""Every scenario of every example is played on Temporal's server that skips time: it goes the way that the interpreter
goes, arrow by arrow, and comes to the same end."""

import asyncio
import contextlib
import datetime
import pathlib
import sys

import pytest
from baton import desk, worker, workflow
from baton.plan import BY_HAND, owner_queue, queue
from temporal_plays import EXAMPLES, ROOT, Cast, Runs, Script, SkippingTime, build, scenarios, walked
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

SERVER = pathlib.Path(sys.executable).with_name("temporal-test-server")
YEARS = datetime.timedelta(days=100_000)


@contextlib.asynccontextmanager
async def time_that_skips():
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(SERVER), data_converter=worker.converter()
    )
    async with environment:
        with environment.auto_time_skipping_disabled():
            await SkippingTime(environment.client).goes_on()
            yield environment.client


@contextlib.asynccontextmanager
async def staged(client, plans):
    """Workers for all that the plans need, with owners who follow scripts."""
    cast = Cast(client, desk.Desk(client, plans), SkippingTime(client))
    known = plans.owners()
    cast.plays(known)
    owners = [
        Worker(client, task_queue=owner_queue(name), activities=[cast.tell if actor["kind"] in BY_HAND else cast.work])
        for name, actor in known.items()
    ]
    items = [
        Worker(
            client,
            task_queue=queue(hash),
            workflows=[workflow.ItemWorkflow],
            workflow_runner=UnsandboxedWorkflowRunner(),
            interceptors=[Runs(cast)],
        )
        for hash in plans
    ]
    running = [asyncio.create_task(worker.run()) for worker in [*owners, *items]]
    yield cast
    await asyncio.gather(*(worker.shutdown() for worker in [*owners, *items]))
    await asyncio.gather(*running)


async def played(cast, scenario):
    """How a scenario's item has gone: its states, its arrows, its outcome."""
    play = scenario["play"]
    cast.scripts[play["item"]] = Script("", play)
    await cast.begin(scenario["flow"], play)
    outcome = await asyncio.wait_for(cast.desk.outcome(play["item"]), 60)
    states, arrows = walked(await cast.desk.log(play["item"]))
    return {"states": states, "arrows": arrows, "outcome": outcome}


def expected(scenario):
    return {"states": scenario["states"], "arrows": scenario["arrows"], "outcome": scenario["play"]["outcome"]}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_play_goes_its_way(example, tmp_path, monkeypatch):
    monkeypatch.setattr(workflow, "LOST_AFTER", YEARS)  # silence gives no sign of life
    monkeypatch.setattr(workflow, "plans", workflow.Plans())
    flow = ROOT / "examples" / f"{example}.flow"
    workflow.plans.load(build(flow, tmp_path) / "plans")
    told = scenarios(flow)

    async def play_all():
        async with time_that_skips() as client, staged(client, workflow.plans) as cast:
            return await asyncio.gather(*(played(cast, scenario) for scenario in told["scenarios"]))

    found = asyncio.run(play_all())
    for scenario, way in zip(told["scenarios"], found, strict=True):
        assert way == expected(scenario), scenario["title"]
    for flow in told["coverage"]:
        walked_here = {
            arrow
            for scenario, way in zip(told["scenarios"], found, strict=True)
            if scenario["flow"] == flow["flow"]
            for arrow in way["arrows"]
        }
        assert len(walked_here) == flow["arrows"] - len(flow["missed"]), flow  # what is missed, no run can take
