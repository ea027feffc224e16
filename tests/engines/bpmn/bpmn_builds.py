"""What the tests on engines of BPMN share: builds of the examples, the plays of their scenarios, and owners that follow
a play behind the shipped door."""

import functools
import importlib.util
import json
import os
import pathlib
import subprocess
import tempfile

import spiff

ROOT = pathlib.Path(__file__).parents[3]
BATON = pathlib.Path(os.environ.get("BATON", ROOT / "target" / "release" / "baton"))
MODULES = pathlib.Path(os.environ.get("BATON_NODE", ROOT / "target" / "engines"))  # where node_modules stands
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.flow"))
LONGEST = 2_000  # steps of one item


def baton(*arguments):
    done = subprocess.run([BATON, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@functools.cache
def built(example):
    """The folder of an example's build."""
    file = example if isinstance(example, pathlib.Path) else ROOT / "examples" / f"{example}.flow"
    folder = tempfile.mkdtemp(prefix=f"baton-{file.stem}-")
    baton("build", file, "--target", "bpmn", "--out", folder)
    return pathlib.Path(folder)


@functools.cache
def plan(example):
    folder = tempfile.mkdtemp(prefix=f"baton-{example}-")
    baton("build", ROOT / "examples" / f"{example}.flow", "--target", "plan", "--out", folder)
    return json.loads((pathlib.Path(folder) / "plan.json").read_text())


@functools.cache
def scenarios(example):
    return json.loads(baton("test", ROOT / "examples" / f"{example}.flow", "--format", "json"))["scenarios"]


@functools.cache
def process(example, flow):
    """A generic file as SpiffWorkflow reads it."""
    return spiff.Process(built(example) / "generic" / f"{flow}.bpmn")


def shipped(name):
    """A module that a build ships, as it stands in the source."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "templates" / "bpmn" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


door = shipped("door")


class Owners:
    """The owners of one item on SpiffWorkflow, all behind the door: they reply as a play says, or stay silent."""

    def __init__(self, item, play):
        self.item, self.play = item, play
        self.replies = {reply["visit"]: reply for reply in play["replies"]}
        self.runs = {run["run"]: run["receipt"] for run in play["runs"]}
        self.tasks, self.silent = {}, set()
        self.door = door.Door(":memory:", self, clock=lambda: spiff.Clock.moment)

    # -- what the door asks of the engine

    def accept(self, key):
        self.item.complete(self._open(key)[0])

    def complete(self, key, reply):
        task, said = self._open(key)
        if "fail" in reply and said.tag == "serviceTask":
            return self.item.throw(task, "Baton.Failed")
        self.item.complete(task, reply={"made": {}, "decision": None} | reply)

    def _open(self, key):
        task, said = self.tasks[key]
        if task.state not in (spiff.TaskState.READY, spiff.TaskState.STARTED):
            raise door.Gone
        return task, said

    # -- what happens

    def run(self):
        """Plays until the item has ended."""
        for _ in range(LONGEST):
            if self.item.workflow.completed:
                return
            if not self.step() and not self.item.advance():
                raise AssertionError("nothing can happen any more")
        raise AssertionError("no end in sight")

    def step(self):
        """Lets one owner reply; whether one did."""
        for task, said in self.item.open():
            key = str(task.id)
            if said.tag == "callActivity":
                if self._call(task, said):
                    return True
            elif key not in self.tasks:
                self.tasks[key] = (task, said)
                self.take(self.item.task_of(task, said), key)
                return True
        return False

    def take(self, task, key):
        self.door.open(task, key)
        reply = self.replies.get(task["visit"])
        if reply is None:
            return
        if task["expects"] == "accept" or "accept" in reply:
            if task["expects"] == "accept":
                self.door.accept(task["visit"])
            return
        if "fail" not in reply:
            return self.door.answer(task["visit"], reply.get("made", {}), reply.get("decision"))
        for _ in range(task["retry_times"] + 1):
            self.door.fail(task["visit"], reply["fail"])
            spiff.Clock.moment += spiff.datetime.timedelta(seconds=task["retry_every"])

    def _call(self, task, call):
        run = self.item.feel(call.input["item"], task.data)
        assert self.item.feel(call.input["record"], task.data) is not None
        if run not in self.runs or run in self.silent:
            return False
        self.silent.add(run)
        self.item.complete(task, **{call.result: {"receipt": self.runs[run]}})
        return True

    def taken(self):
        """The arrows and states that were passed, and how it ended."""
        arrows, states, outcome = [], [], None
        for said, task in self.item.passed():
            if "state" in said.property and "." not in said.id:
                states.append(said.property["state"])
            if task.state != spiff.TaskState.COMPLETED:
                continue
            if "hop" in said.property:
                arrows.append(said.property["hop"])
            if "end" in said.property:
                states.append(said.property["end"])
                given = {name: said.property[name] for name in ("end", "owner", "reason") if name in said.property}
                outcome = given if "reason" in given else task.data["outcome"]
        return {"arrows": arrows, "states": states, "outcome": outcome}


def variables(example, flow, play):
    """With what a process begins: a flow that only others call gets its record from them."""
    source = plan(example)["flows"][flow]["intakes"][play["intake"]].get("from")
    return {"item": play["item"], "intake": play["intake"], "raw" if source else "record": play["record"]}


def begun(example, flow, play, feel):
    """An item that has come in, with its owners."""
    return Owners(spiff.Item(process(example, flow), feel, door, variables(example, flow, play)), play)
