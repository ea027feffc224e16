"""The interpreter that is shipped, and Baton's own, on the same random lives: what is refused at the door and why,
every arrow with the values on which it was decided, every failed attempt with its reason, and where it all comes to."""

import random
import string
import subprocess

import pytest
from baton import exact, interpreter
from baton.fit import Misfit
from baton.item import Fail, Key, Note, Refused, RunEnded, RunStart
from baton.plan import Plans, by_hand, part
from temporal_plays import BATON, EXAMPLES, ROOT, build

LIVES = 12
VISITS = 3
LETTERS = string.printable[:95] + "äß字😀"


class Luck(random.Random):
    """Values for the types of a plan, most of which fit; numbers near those with which guards compare."""

    def __init__(self, seed, plan):
        super().__init__(seed)
        self.plan, self.near = plan, [*constants(plan)]

    def value(self, type):
        return self.misfit() if self.random() < 0.01 else self.fitting(type)

    def misfit(self):
        return self.choice([None, "", "x" * 3000, -1, 10**16, 0.1234567890123456, [], {}, True, "\x01", "2026-02-30"])

    def fitting(self, type):
        match part(type):
            case "text", limits:
                return "".join(self.choices(LETTERS, k=min(limits.get("max", 9), self.randint(0, 9))))
            case "url", _:
                return self.choice(["https://example.com/", "http://a", "x+y://b?c#d"])
            case "bool", _:
                return self.random() < 0.5
            case "int", bounds:
                return self.number(bounds, whole=True)
            case "number", bounds:
                return self.number(bounds)
            case "percent", _:
                return self.number({"low": 0, "high": 1})
            case (("duration" | "money"), _):
                return self.number({"low": 0})
            case "date", _:
                return self.choice(["2026-11-23", "2024-02-29", "0001-01-01"])
            case "enum", name:
                return self.choice(self.plan["enums"][name]["members"])
            case "asset", name:
                return self.record(self.plan["assets"][name]["fields"])
            case "list", entries:
                return [self.value(entries["of"]) for _ in range(self.randint(0, min(entries.get("max", 3), 3)))]

    def number(self, bounds, whole=False):
        low, high = float(bounds.get("low", -1000)), float(bounds.get("high", 1000))
        near = [n for n in self.near if low <= n <= high] or [low]
        beside = self.choice(near) + self.choice([-0.01, 0.01])
        found = self.choice([low, high, self.uniform(low, high), self.choice(near), beside])
        found = min(max(found, low), high)
        return round(found) if whole else round(found, 4)

    def record(self, fields):
        record = {name: self.value(field["type"]) for name, field in fields.items()}
        absent = [name for name, field in fields.items() if field["optional"] and self.random() < 0.3]
        record = {name: value for name, value in record.items() if name not in absent}
        return record | ({"more": 1} if self.random() < 0.01 else {})

    def raw(self, flow, intake):
        """A record for an intake, by what its map reads."""
        if "maps" not in intake:
            return self.value(flow["context"][intake["field"]]["type"])
        raw = {}
        for filled in intake["maps"]:
            here, keys = raw, filled["value"].get("raw", [])
            for key in keys[:-1]:
                here = here.setdefault(key, {})
            if keys and self.random() < 0.97:
                here[keys[-1]] = self.value(filled["path"]["type"])
        return raw

    def reply(self, flow, state):
        if self.random() < 0.05:
            return {"fail": "it can't"}
        made = self.record({name: flow["context"][name] for name in state["makes"]})
        options = [option["name"] for option in state.get("options", [])]
        return {"made": made} | ({"decision": self.choice(options)} if options else {})


def constants(found):
    """All numbers of a plan."""
    if isinstance(found, dict | list):
        for held in found.values() if isinstance(found, dict) else found:
            yield from constants(held)
    elif not isinstance(found, bool | str | None):
        yield float(found)


def visits(plan, flow, item):
    """Every visit that an item, and the runs that it calls, could make."""
    for name, state in plan["flows"][flow]["states"].items():
        for number in range(1, VISITS + 1):
            visit = f"{item}/{name}#{number}"
            if state["kind"] in ("state", "approval"):
                yield visit, flow, state
            for run in state.get("runs", []):
                yield from visits(plan, run["flow"], f"{visit}/{run['id']}")


class Life:
    """What becomes of an item by the interpreter that is shipped, everybody answering as the replies say, or not."""

    def __init__(self, plan, replies):
        self.plan, self.replies, self.lines, self.now = plan, replies, [], 0

    def of(self, flow, intake, item, raw):
        try:
            self.item, effects = interpreter.start(self.plan, flow, intake, item, raw, 0)
        except Refused as refused:
            return str(refused)
        self.take(effects)
        return self.lines, self.item.outcome or str(self.item.key(self.item.visit))

    def take(self, effects):
        """Writes down what has happened, and lets happen what follows. The last effect is what begins."""
        self.lines += [told(effect.line) for effect in effects if isinstance(effect, Note)]
        for effect in effects:
            if isinstance(effect, RunStart):
                self.run(effect)
            elif not isinstance(effect, Note):
                self.answered(effect.attempt)

    def run(self, run):
        child = Life(self.plan, self.replies)
        child.item, effects = interpreter.start_run(self.plan, run, 0)
        child.take(effects)
        if child.item.outcome:
            self.happens(RunEnded(run.id, child.item.outcome.get("receipt")))

    def answered(self, attempt):
        state = self.plan["flows"][self.item.flow]["states"][attempt.state]
        said = self.replies.get(str(attempt.visit()))
        if said is None and by_hand(self.plan, state):
            return
        try:
            event = interpreter.reply(attempt, said or {"fail": "the record has no reply for it"})
        except Misfit as misfit:
            event = Fail(attempt, f"its reply does not fit: {misfit}")
        self.happens(event)

    def happens(self, event):
        try:
            self.item, effects = interpreter.step(self.plan, self.item, event, 0)
        except Refused as refused:
            assert refused.word != "broken", refused
            if not isinstance(event, RunEnded):  # whose order is not the same: runs run side by side
                self.lines.append({"dropped": str(refused)})
        else:
            self.take(effects)


def told(line):
    """What both logs say alike."""
    if handed := line.get("handed"):
        return {name: handed[name] for name in ("from", "to", "hop", "times", "threshold", "values", "carries")}
    if "failed" in line:
        return {"failed": line["failed"], "reason": line["reason"]}
    return {"ended": line["ended"]}


def logged(entry):
    """A line of Baton's log, in the same form; None for what only one of them says."""
    match entry:
        case {"handed": _}:
            return told(entry)
        case {"failed": failed}:
            return {"failed": failed["attempt"], "reason": failed["reason"]}
        case {"ended": _}:
            return told(entry)
        case {"dropped": dropped}:
            return {"dropped": dropped["why"]} if Key.read(dropped["of"]) else None
    return None


class Runner:
    """Baton's own runner, on a copy of an example that waits for no retry."""

    def __init__(self, example, folder):
        lines = (ROOT / "examples" / f"{example}.flow").read_text().splitlines()
        self.folder, self.flow = folder, folder / f"{example}.flow"
        self.flow.write_text("\n".join(line for line in lines if not line.strip().startswith("retry ")))
        for shared in (ROOT / "examples").glob("shared/*"):
            (folder / "shared").mkdir(exist_ok=True)
            (folder / "shared" / shared.name).write_text(shared.read_text())

    def baton(self, *words, given=None):
        return subprocess.run([BATON, *map(str, words)], cwd=self.folder, input=given, capture_output=True, text=True)

    def submit(self, flow, intake, item, raw):
        """Why a record is refused, or None."""
        door = ["--flow", flow, "--intake", intake, "--item", item]
        done = self.baton("submit", self.flow, *door, "--input", "-", given=exact.dumps(raw))
        return done.stderr.split("is refused as ", 1)[1].strip() if done.returncode else None

    def run(self, replies):
        lines = [exact.dumps({"visit": visit, **reply}) for visit, reply in replies.items()]
        (self.folder / "replies.jsonl").write_text("\n".join(lines))
        done = self.baton("run", self.flow, "--replay", "replies.jsonl", "--no-wait", "--quiet")
        assert done.returncode == 0, done.stderr

    def log(self, item):
        lines = exact.loads(self.baton("log", item, "--format", "json").stdout)
        return [found for line in lines if line["item"] == item and (found := logged(line["entry"]))]


@pytest.mark.parametrize("example", EXAMPLES)
def test_both_interpreters_agree(example, tmp_path):
    runner = Runner(example, tmp_path)
    plans = Plans()
    plans.load(build(runner.flow, tmp_path / "built") / "plans")
    plan = plans[plans.current]
    luck = Luck(example, plan)
    doors = [(f, i["from"], i) for f, flow in plan["flows"].items() for i in flow["intakes"].values() if "from" in i]
    lives, replies = {}, {}
    for number in range(LIVES):
        (flow, source, intake), item = luck.choice(doors), f"item-{number}"
        raw = exact.loads(exact.dumps(luck.raw(plan["flows"][flow], intake)))
        said = {v: luck.reply(plan["flows"][f], s) for v, f, s in visits(plan, flow, item)}
        replies |= exact.loads(exact.dumps(said))
        lives[item] = (Life(plan, replies).of(flow, source, item, raw), runner.submit(flow, source, item, raw))
    runner.run(replies)
    for item, (life, refused) in lives.items():
        if isinstance(life, str) or refused:
            assert life == refused, item
        else:
            lines, _ = life
            assert runner.log(item) == lines, item
