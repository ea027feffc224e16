"""Two hundred items on a real server, while worker and server are killed again and again: each comes to the end that
the interpreter predicts, by the same arrows, and no step that was recorded is done twice."""

import asyncio
import json
import random

from baton import desk, worker, workflow
from temporal_plays import ROOT, build, scenarios, walked
from temporal_server import Folder, Server
from temporalio.client import Client

ITEMS = 200
KILLS = 4
OWNER = """
import asyncio
import json
import os
import random

from temporalio import activity

from baton import worker
from baton.desk import Desk
from baton.item import Refused
from baton.workflow import plans

CLIENTS = []
with open("replies.json") as file:
    REPLIES = json.load(file)


async def work(task):
    key, delivery = task["attempt"], activity.info().attempt
    with open("done.jsonl", "a") as done:
        done.write(json.dumps([key, delivery, "begins"]) + "\\n")
    await asyncio.sleep(random.random())
    item, place = task["visit"].split("/", 1)
    reply = REPLIES[item.split("-", 1)[1] + "/" + place]
    return {name: value for name, value in reply.items() if name != "visit"}


async def tell(task):
    reply = await work(task)
    if not CLIENTS:
        CLIENTS.append(await worker.connect())
    try:
        await Desk(CLIENTS[0], plans).reply(task["visit"], reply, "somebody")
    except Refused as refused:  # it was taken, and the worker died before it knew
        assert refused.word in ("duplicate", "late"), refused
"""


def speak(scenario):
    """Whether everybody answers in it: on a real clock a deadline would take hours."""
    replies = {reply["visit"] for reply in scenario["play"]["replies"] if "accept" not in reply}
    visits = sum(state not in ("accept", "deadline") for state in scenario["arrows"]) - 1
    timed = any(arrow.split("/")[-1].split("#")[0] in ("accept", "deadline", "wait") for arrow in scenario["arrows"])
    failed = any("fail" in reply for reply in scenario["play"]["replies"])
    return len(replies) == visits and not timed and not failed


def test_two_hundred_items_survive_whatever_is_killed(tmp_path):
    flow = ROOT / "examples" / "content_refresh.flow"
    told = [scenario for scenario in scenarios(flow)["scenarios"] if speak(scenario)]
    assert len(told) > 3
    server = Server(tmp_path)
    folder = Folder(build(flow, tmp_path / "built"), server, BATON_LOST_AFTER="3", BATON_AT_ONCE="50")
    replies = {reply["visit"]: plain(reply) for scenario in told for reply in scenario["play"]["replies"]}
    (folder.path / "replies.json").write_text(json.dumps(replies))
    for owner in (folder.path / "owners").glob("*.py"):
        owner.write_text(OWNER)
    items = {f"{n}-{told[n % len(told)]['play']['item']}": told[n % len(told)] for n in range(ITEMS)}
    try:
        server.start()
        folder.work()
        ways = asyncio.run(through(server, folder, items))
    finally:
        folder.kill()
        server.kill()
    for item, scenario in items.items():
        states, arrows, _, outcome = ways[item]
        expected = (scenario["states"], scenario["arrows"], scenario["play"]["outcome"])
        assert (states, arrows, outcome) == expected, item
    nothing_twice(folder, ways)


def plain(value):
    return json.loads(json.dumps(value, default=float))


async def through(server, folder, items):
    workflow.plans.load(folder.path / "plans")
    client = await Client.connect(f"127.0.0.1:{server.port}", data_converter=worker.converter())
    here = desk.Desk(client, workflow.plans)
    await some_at_a_time(submit(here, item, scenario) for item, scenario in items.items())
    luck = random.Random(0)
    for kill in range(KILLS):
        await asyncio.sleep(luck.uniform(0.5, 2))
        folder.kill()
        if kill % 2:
            server.kill()
            server.start()
        folder.work()
    outcomes = await asyncio.wait_for(some_at_a_time((here.outcome(item) for item in items), ITEMS), 300)
    ways = await some_at_a_time(way(here, client, item) for item in items)
    return {item: (*way, outcome) for item, way, outcome in zip(items, ways, outcomes, strict=True)}


async def submit(here, item, scenario):
    await here.submit(scenario["flow"], scenario["play"]["intake"], scenario["play"]["record"], item)


async def some_at_a_time(tasks, most=20):
    free = asyncio.Semaphore(most)

    async def one(task):
        async with free:
            return await task

    return await asyncio.gather(*map(one, tasks))


async def way(here, client, item):
    states, arrows = walked(await here.log(item))
    history = await client.get_workflow_handle(item).fetch_history()
    scheduled = {e.event_id: e.activity_task_scheduled_event_attributes.activity_id for e in history.events}
    begun = {e.event_id: e.activity_task_started_event_attributes for e in history.events}
    completed = [
        (scheduled[done.scheduled_event_id], begun[done.started_event_id].attempt)
        for done in (e.activity_task_completed_event_attributes for e in history.events)
        if done.scheduled_event_id
    ]
    return states, arrows, completed


def nothing_twice(folder, ways):
    """No delivery of an attempt was worked on twice, and none after one was recorded."""
    lines = [json.loads(line) for line in (folder.path / "done.jsonl").read_text().splitlines()]
    begun = [(attempt, delivery) for attempt, delivery, _ in lines]
    assert len(set(begun)) == len(begun)
    recorded = [found for _, _, completed, _ in ways.values() for found in completed]
    keys = [key for key, _ in recorded]
    assert len(set(keys)) == len(keys)
    last = {key.removesuffix("/tell"): delivery for key, delivery in recorded}
    assert all(delivery <= last.get(attempt, delivery) for attempt, delivery in begun)
    again = sum(delivery > 1 for _, delivery in begun)
    print(f"{len(begun)} attempts begun, {again} of them given out again")
    assert again > 0
