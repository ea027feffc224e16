"""A built folder beside a real Temporal server: the two commands that start it, what people say, what is refused."""

import asyncio
import json
import subprocess
import sys

import jsonschema
import pytest
from baton import worker, workflow
from temporal_plays import ROOT, build
from temporal_server import Folder, Server
from temporalio.client import Client
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

READER = """
from baton import exact
from baton.owners import Reply, Task

FEW = {"low": "0.001234567890123", "exact": "0.00123456789012346"}


def work(task: Task) -> Reply:
    with open("tasks.jsonl", "a") as told:
        told.write(exact.dumps(task) + "\\n")
    text = task["context"]["claim"]["text"]
    if text == "breaks":
        raise RuntimeError("it broke")
    if text == "lies":
        return {"made": {"risk": "low", "score": 2}}
    if text == "fails twice" and not task["attempt"].endswith(".3"):
        return {"fail": "not yet"}
    return {"made": {"risk": "low", "score": exact.loads(FEW.get(text, "0.7"))}}
"""
CLAIM = {"text": "a claim", "claimed amount": 12.5, "tags": ["a"]}
SHORT = ["--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=40"]  # so that histories are begun anew


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    server.start(*SHORT)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def folder(server, tmp_path_factory):
    path = build(ROOT / "tests" / "engines" / "temporal" / "desk.flow", tmp_path_factory.mktemp("claims"))
    folder = Folder(path, server)
    folder.owner("reader", READER)
    folder.work()
    yield folder
    folder.kill()


@pytest.fixture
def claim(folder, request):
    """A claim that has come to the chief, named as the test."""
    item = request.node.name
    submit(folder, item, CLAIM)
    folder.comes_to(item, "asking")
    return item


def submit(folder, item, record):
    return folder.says("submit", "--input", "-", "--item", item, given=json.dumps(record))


def refused(folder, reason, *words, given=None):
    code, said = folder.run(*words, given=given)
    assert code == 1 and said.startswith(f"refused as {reason}: "), said
    return said


def made(folder, name, **fields):
    """A file with what was made."""
    (folder.path / name).write_text(json.dumps(fields))
    return ["--file", name]


def test_the_two_commands_of_the_readme_start_it(folder):
    commands = (folder.path / "README.md").read_text().split("```\n")[1].splitlines()
    assert commands == ["pip install -r requirements.txt", "python -m baton work"]
    install = [sys.executable, "-m", *commands[0].split(), "--no-index"]
    done = subprocess.run(install, cwd=folder.path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert submit(folder, "started", CLAIM) == "started: let in\n"
    folder.comes_to("started", "asking")
    assert folder.process("decide", "started", "refuse") == (0, "taken: started has ended: `lost`\n")
    assert folder.process("accept", "started")[0] == 1


def test_an_item_goes_its_way_by_commands(folder, claim):
    assert submit(folder, claim, {**CLAIM, "text": "another"}) == f"{claim}: there already, nothing has changed\n"
    letter = folder.says("inbox", "chief@example.com")
    for said in [
        f"{claim}/asking#1: for chief",
        "Do we pay?",
        "score = 0.7",
        f"decide {claim} pay          -> writing",
    ]:
        assert said in letter
    assert folder.says("accept", claim).startswith(f"taken: {claim} is in `asking`, with chief until ")
    assert folder.says("decide", claim, "pay").startswith(f"taken: {claim} is in `writing`, with desk until ")
    assert f"{claim}/writing#1: for desk" in folder.says("inbox", "desk")
    large = "ä" * 2_000_000  # more than Temporal holds
    assert folder.says("deliver", claim, *made(folder, "large.json", letter={"body": large})) == (
        f"taken: {claim} has ended: `done`\n"
    )
    assert folder.status(claim)["outcome"] == {"end": "done", "owner": "chief", "receipt": {"body": large}}
    lines = [json.loads(line) for line in folder.says("log", claim, "--json").splitlines()]
    hops = [line["handed"]["hop"] for line in lines if "handed" in line]
    assert hops == ["intake-1", "reading/handoff-1", "asking/handoff-1", "writing/handoff-1"]
    assert lines[0]["by"] == "form" and "asking/handoff" not in folder.says("log", claim)


@pytest.mark.parametrize(
    "item, record",
    [
        ("fails", {**CLAIM, "claimed amount": -1}),
        ("digits", {**CLAIM, "claimed amount": 1234567890.123456}),
        ("day", {**CLAIM, "since": "2026-02-30"}),
        ("list", {**CLAIM, "tags": ["a", "b", "c"]}),
        ("entry", {**CLAIM, "tags": ["longer"]}),
        ("null", {**CLAIM, "text": None}),
        ("missing", {"text": "x"}),
        ("record", ["x"]),
        ("a/b#1/c", CLAIM),
        ("x" * 257, CLAIM),
        ("line\n", CLAIM),
    ],
)
def test_what_does_not_fit_never_becomes_work(folder, item, record):
    code, said = folder.run("submit", "--input", "-", "--item", item, given=json.dumps([record]))
    assert code == 1 and "is refused as misfit: `" in said
    refused(folder, "unknown", "status", item)


def test_what_is_no_json_never_becomes_work(folder):
    for text in ['{"text": NaN}', '{"text": 1e99999999999999999999}', "[" * 100_000, '{"text": "\\ud800"}', ""]:
        code, _ = folder.run("submit", "--input", "-", "--item", "no-json", given=text)
        assert code in (1, 2), text[:20]
    refused(folder, "unknown", "status", "no-json")


def test_answers_that_are_refused_change_nothing(folder, claim):
    before = folder.says("log", claim), folder.says("status", claim)
    refused(folder, "misfit", "decide", claim, "maybe")
    refused(folder, "misfit", "deliver", claim)
    refused(folder, "misfit", "decide", claim, "pay", *made(folder, "unasked.json", letter={"body": "x"}))
    refused(folder, "unknown", "decide", f"{claim}/asking#2", "pay")
    refused(folder, "unknown", "decide", f"{claim}/nowhere#1", "pay")
    refused(folder, "unknown", "fail", f"{claim}/reading#1", "--reason", "x")
    refused(folder, "unknown", "fail", "nobody", "--reason", "x")
    refused(folder, "unknown", "fail", "nobody/asking#1", "--reason", "x")
    assert (folder.says("log", claim), folder.says("status", claim)) == before
    folder.says("decide", claim, "pay")
    refused(folder, "duplicate", "decide", f"{claim}/asking#1", "pay")
    refused(folder, "misfit", "deliver", claim)
    for letter in [None, {}, {"body": 5}, {"body": "\u0001"}, {"body": "x", "more": 1}, [], {"body": None}]:
        refused(folder, "misfit", "deliver", claim, *made(folder, "misfit.json", letter=letter))
    assert folder.run("deliver", claim, "--set", "nothing=1")[0] == 2
    folder.says("deliver", claim, "--set", 'letter.body=Dear "you"')
    refused(folder, "late", "accept", claim)
    refused(folder, "late", "cancel", claim)
    refused(folder, "duplicate", "deliver", f"{claim}/writing#1", "--set", "letter.body=x")
    assert folder.status(claim)["outcome"]["receipt"] == {"body": 'Dear "you"'}


@pytest.mark.parametrize("text, end", [("breaks", "lost"), ("lies", "lost"), ("low", "lost"), ("exact", "asking")])
def test_what_a_program_makes_is_judged(folder, text, end):
    submit(folder, text, {**CLAIM, "text": text})
    folder.comes_to(text, end)
    failed = [line for line in map(json.loads, folder.says("log", text, "--json").splitlines()) if "failed" in line]
    assert [line["failed"] for line in failed] == (
        [f"{text}/reading#1.{attempt}" for attempt in (1, 2, 3)] if text in ("breaks", "lies") else []
    )


def test_attempts_have_keys_and_fit_the_schema_of_tasks(folder):
    submit(folder, "thrice", {**CLAIM, "text": "fails twice"})
    folder.comes_to("thrice", "asking")
    told = [json.loads(line) for line in (folder.path / "tasks.jsonl").read_text().splitlines()]
    attempts = [task["attempt"] for task in told if task["item"] == "thrice"]
    assert attempts == [f"thrice/reading#1.{attempt}" for attempt in (1, 2, 3)]
    schema = jsonschema.Draft202012Validator(json.loads((ROOT / "schema" / "task.schema.json").read_text()))
    for line in folder.says("inbox", "--json").splitlines():
        told.append(json.loads(line))
    assert any("question" in task for task in told)
    for task in told:
        schema.validate(task)


def test_a_call_leaves_as_soon_as_its_join_is_decided(folder, claim):
    folder.says("decide", claim, "ask")
    runs = [f"{claim}/checks#1/{run}" for run in ("check", "check-2")]
    for run in runs:
        folder.comes_to(run, "looking")
    folder.says("deliver", runs[1], "--set", "letter.body=found")
    folder.comes_to(claim, "writing")
    before = folder.says("log", claim)
    folder.says("fail", runs[0], "--reason", "it is not there")
    folder.comes_to(runs[0], "unknown")
    folder.says("deliver", claim, "--set", "letter.body=done")
    assert folder.says("log", claim).startswith(before)
    folder.comes_to(claim, "done")


def test_an_item_can_be_stopped(folder, claim):
    assert folder.says("cancel", claim, "--reason", "a slip") == f"taken: {claim} was cancelled\n"
    assert folder.status(claim)["outcome"] == {"owner": "chief", "reason": "a slip"}


def test_items_keep_the_plan_with_which_they_started(folder, claim, tmp_path):
    flow = (ROOT / "tests" / "engines" / "temporal" / "desk.flow").read_text()
    (tmp_path / "desk.flow").write_text(
        flow.replace("decision is pay", "decision is ask", 1).replace(
            "decision is ask at most 1", "decision is pay at most 1"
        )
    )
    build(tmp_path / "desk.flow", folder.path)
    assert (folder.path / "owners" / "reader.py").read_text() == READER
    folder.kill()
    folder.work()
    submit(folder, "newer", CLAIM)
    folder.comes_to("newer", "asking")
    assert folder.status("newer")["plan"] != folder.status(claim)["plan"]
    folder.says("decide", claim, "pay")
    assert folder.comes_to(claim, "writing")
    folder.says("decide", "newer", "pay")
    assert folder.comes_to("newer", "checks")


def test_every_history_can_be_replayed(folder, server):
    workflow.plans.load(folder.path / "plans")

    async def replay():
        client = await Client.connect(f"127.0.0.1:{server.port}", data_converter=worker.converter(folder.path))
        replayer = Replayer(
            workflows=[workflow.ItemWorkflow],
            workflow_runner=UnsandboxedWorkflowRunner(),
            data_converter=worker.converter(folder.path),
        )
        found = client.list_workflows(f"WorkflowType = '{workflow.NAME}'").map_histories()
        results = await replayer.replay_workflows(found, raise_on_replay_failure=True)
        return len(results.replay_failures)

    assert asyncio.run(replay()) == 0
