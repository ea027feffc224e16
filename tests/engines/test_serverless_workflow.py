"""The documents of `serverless-workflow`: accepted by the official SDK; with real jq, each scenario of each example goes the
same way as in Baton's interpreter, and the guards choose as exact numbers do, also at their boundaries.
"""

import decimal
import functools
import itertools
import json
import pathlib
import subprocess

import pytest
import yaml

from harness import BATON, ROOT
from plays import EXAMPLES, assert_every_arrow, expected, is_arrow, told_of
from workflow import Fault, Workflow

TOOLS = ROOT / "target" / "engines"


def built(file, target, folder, *options):
    done = subprocess.run([BATON, "build", file, "--target", target, "--out", folder, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    absence = pathlib.Path(__file__).with_name("absence.flow")
    files = {name: ROOT / "examples" / f"{name}.flow" for name in EXAMPLES} | {"absence": absence}
    return {name: built(file, "serverless-workflow", tmp_path_factory.mktemp(name)) for name, file in files.items()}


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    folders = {name: tmp_path_factory.mktemp(f"plan-{name}") for name in EXAMPLES}
    exact = lambda folder: json.loads((folder / "plan.json").read_text(), parse_float=decimal.Decimal)  # noqa: E731
    return {name: exact(built(ROOT / "examples" / f"{name}.flow", "plan", folder)) for name, folder in folders.items()}


def document(folders, name, flow):
    return read(folders[name] / f"{flow}.yaml")


@functools.cache
def read(path):
    return yaml.load(path.read_text(), yaml.CSafeLoader)


def test_the_official_sdk_accepts_every_document(folders):
    documents = [str(path) for folder in folders.values() for path in folder.glob("*.yaml")]
    assert len(documents) > len(EXAMPLES)
    script = pathlib.Path(__file__).with_name("validate_workflow.js")
    done = subprocess.run(["node", script, *documents], capture_output=True, text=True, cwd=TOOLS)
    assert done.returncode == 0, done.stdout + done.stderr


class Outside:
    """Owners and runs that do what a play says. Before each reply, what does not fit is said, and has to change nothing."""

    def __init__(self, play, before=()):
        self.play, self.before, self.told, self.task = play, before, [], None
        self.replies = {reply["visit"]: reply for reply in play["replies"]}
        self.runs = {run["run"]: run["receipt"] for run in play["runs"]}
        self.ahead, self.accepted = [], set()

    def tell(self, event):
        self.told.append(event)
        if event["type"] == "baton.task":
            self.task = event["data"]
            by_hand = self.task.get("options") is not None
            self.ahead = [{"visit": self.task["visit"], **reply} for reply in self.before if by_hand]

    def hear(self, _kind):
        visit = self.task["visit"]
        reply = self.replies.get(visit)
        if reply is None or "accept" in reply and visit in self.accepted:
            return None
        if "accept" in reply:
            self.accepted.add(visit)
            return reply
        return self.ahead.pop(0) if self.ahead else reply

    def run(self, asked):
        assert asked["namespace"] == "baton" and asked["input"]["record"] is not None
        if asked["input"]["item"] not in self.runs:
            return None
        receipt = self.runs[asked["input"]["item"]]
        return False if receipt is None else {"end": "e", "owner": "o", "receipt": receipt}


def played(document, scenario, outside):
    """What comes of a scenario: (states, arrows, outcome)."""
    play = scenario["play"]
    run = Workflow(document, outside)
    knocks = {case for entry in document["do"][0]["/intakes"]["switch"] for case in entry}
    given = {"item": play["item"], "intake": play["intake"]}
    given["raw" if f"{play['intake']}/raw" in knocks else "record"] = play["record"]
    try:
        outcome = run.start(given)
    except Fault as fault:
        assert fault.error["type"] == "baton://ended", fault.error
        (ended,) = [event["data"] for event in outside.told if event["type"] == "baton.ended"]
        assert (fault.error["title"], fault.error["detail"]) == (ended["end"], ended["reason"])
        outcome = {name: said for name, said in ended.items() if name != "item"}
    arrows = [step for step in run.path if is_arrow(step)]
    entered = [step.rsplit("/", 1) for step in run.path if step.endswith(("/arrive", "/time", "/over"))]
    return [state for state, _ in entered], arrows, outcome


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_scenario_goes_the_same_way_as_in_the_interpreter(folders, name):
    taken = set()
    for scenario in told_of(name)["scenarios"]:
        found = played(document(folders, name, scenario["flow"]), scenario, Outside(scenario["play"]))
        assert found == expected(scenario), scenario["title"]
        taken |= {(scenario["flow"], arrow) for arrow in found[1]}
    assert_every_arrow(name, taken)


def test_what_does_not_fit_is_refused_and_changes_nothing(folders):
    bad = [{"made": {}, "decision": "nothing"}, {"made": {"more": 1}}, {"made": 7}, {"decision": 1, "more": 2}]
    scenarios = told_of("content_refresh")["scenarios"]
    refused = 0
    for scenario in scenarios:
        outside = Outside(scenario["play"], bad)
        found = played(document(folders, "content_refresh", "content_refresh"), scenario, outside)
        assert found == expected(scenario), scenario["title"]
        refused += sum(event["type"] == "baton.refused" for event in outside.told)
    assert refused > len(bad)


@pytest.mark.parametrize("change", [{"priority": 9}, {"priority": "1"}, {"page": None}, {"more": 1}, {"intent": "odd"}])
def test_records_that_do_not_fit_never_become_work(folders, change):
    record = {"page": "https://example.com/", "keyword": "k", "intent": "commercial", "priority": 1} | change
    run = Workflow(document(folders, "content_refresh", "content_refresh"), None)
    with pytest.raises(Fault, match="baton://refused"):
        run.start({"item": "i", "intake": "rank-tracker", "raw": record})


@pytest.mark.parametrize("record", ["x", {"input": "x"}, {"input": {"key": "k", "channel": "c"}}, {"input": None}])
def test_records_that_are_mapped_are_looked_at_first(folders, record):
    run = Workflow(document(folders, "video_titles", "video_titles"), None)
    with pytest.raises(Fault, match="baton://refused"):
        run.start({"item": "i", "intake": "intake-1", "raw": record})


def test_the_five_things_are_told(folders):
    scenario = told_of("content_refresh")["scenarios"][0]
    outside = Outside(scenario["play"])
    played(document(folders, "content_refresh", "content_refresh"), scenario, outside)
    task = outside.told[1]["data"]
    said = {name: task[name] for name in ("visit", "attempt", "state", "asset", "goal", "threshold", "owner")}
    item = scenario["play"]["item"]
    assert said == {
        "visit": f"{item}/drafting#1",
        "attempt": f"{item}/drafting#1.1",
        "state": "drafting",
        "asset": "brief",
        "goal": "A full draft inside the brief's forbidden list",
        "threshold": "complete >= 0.9",
        "owner": "writer",
    }
    assert set(task["context"]) == {"brief", "opportunity", "notes"}


# ------------------------------------------------------------------------------------------------ the guards


def holds(flow, guard, values):
    """Whether a guard of the plan holds, by exact numbers: an oracle of its own."""
    if isinstance(guard, str):
        assert guard == "delivered"
        return True
    ((kind, said),) = guard.items()
    if kind in ("and", "or"):
        return (all if kind == "and" else any)(holds(flow, part, values) for part in said)
    if kind == "not":
        return not holds(flow, said, values)
    if kind == "threshold":
        return holds(flow, flow["thresholds"][said]["guard"], values)
    value = values[(said if kind == "true" else said["path"])["text"]]
    if kind == "present":
        return (value is not None) == said["present"]
    if value is None:
        return False
    if kind == "true":
        return value is True
    if kind == "set":
        return value in said["values"]
    if kind == "range":
        return said["low"] <= value and (value < said["high"] if said["open"] else value <= said["high"])
    other = said["value"]
    order = {"<": value.__lt__, "<=": value.__le__, ">": value.__gt__, ">=": value.__ge__} if isinstance(value, decimal.Decimal) else {}
    return (order | {"is": value.__eq__, "is not": value.__ne__})[said["op"]](other)


def asked(flow, guard, found):
    """The paths that a guard reads, each with the constants that it is compared with."""
    if isinstance(guard, str):
        return found
    ((kind, said),) = guard.items()
    if kind in ("and", "or"):
        for part in said:
            asked(flow, part, found)
    elif kind == "not":
        asked(flow, said, found)
    elif kind == "threshold":
        asked(flow, flow["thresholds"][said]["guard"], found)
    else:
        path = said if kind == "true" else said["path"]
        constants = said.get("values") or [said[key] for key in ("value", "low", "high") if key in said]
        found.setdefault(path["text"], (path, set()))[1].update(constants)
    return found


def least(number):
    """The least difference that a number of 15 digits shows."""
    return decimal.Decimal(1).scaleb(number.adjusted() - 14 if number else -14)


def samples(plan, path, constants):
    """Values at, below and above all constants; every member; absence where it may be."""
    kind = path["type"]
    if kind == "bool":
        found = [True, False]
    elif isinstance(kind, dict) and "enum" in kind:
        found = list(plan["enums"][kind["enum"]]["members"])
    elif all(isinstance(constant, (int, decimal.Decimal)) for constant in constants) and constants:
        numbers = [decimal.Decimal(constant) for constant in constants]
        step = (lambda _: 1) if isinstance(kind, dict) and "int" in kind else least
        found = [n + side * step(n) for n in numbers for side in (-1, 0, 1)]
    else:
        found = [*constants, "another"]
    return found + [None] * path["optional"]


def put(whole, names, value):
    for name in names[:-1]:
        whole = whole.setdefault(name, {})
    whole[names[-1]] = value


@pytest.mark.parametrize("name", EXAMPLES)
def test_guards_choose_as_exact_numbers_do(folders, plans, name):
    plan, compared = plans[name], 0
    for flow_name, flow in plan["flows"].items():
        found = document(folders, name, flow_name)
        tasks = {task: said for entry in found["do"] for task, said in entry.items()}
        for state_name, state in flow["states"].items():
            guards = {f"handoff-{i}": h["when"]["guard"] for i, h in enumerate(state.get("handoffs", []), 1) if h["when"] != "otherwise"}
            paths = {}
            for guard in guards.values():
                asked(flow, guard, paths)
            choices = [samples(plan, path, constants) for path, constants in paths.values()]
            made = [run["gives"] for run in state.get("runs", []) if "gives" in run] or state["makes"]
            cases = {case: said for entry in tasks.get(f"{state_name}/decide", {}).get("switch", []) for case, said in entry.items()}
            for values in itertools.islice(itertools.product(*choices), 200):
                run = Workflow(found, None)
                run.context = {"work": {}, "reply": {"made": {}, "decision": None}}
                for (path, _), value in zip(paths.values(), values):
                    value = float(value) if isinstance(value, decimal.Decimal) else value
                    first = path["names"][0]
                    base = run.context["reply"] if first == "decision" else run.context["reply"]["made"] if first in made else run.context["work"]
                    put(base, path["names"], value)
                given = dict(zip(paths, values))
                for case, guard in guards.items():
                    compared += 1
                    assert run.value(cases[case]["when"], None) is holds(flow, guard, given), (state_name, case, given)
    assert compared > 20
