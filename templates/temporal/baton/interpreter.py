"""What becomes of a work item when something happens to it: data in, data out.

Must not know: Temporal, a clock, or how owners are reached. `start` and `step` get an item, what happened and the time,
and return the item as it is then with what is to be done about it; or they raise Refused, and nothing has changed.

What Baton proved of the plan is looked at again: that exactly one handoff holds, that a bound leads on, that what the
next owner reads is there and of its type. Were it not so, the step is refused as `broken`.
"""

import copy
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .exact import after, iso
from .fit import LONGEST_NAME, Misfit, fit, fit_field, unasked
from .guards import Values, holds, paths
from .item import (
    Accept,
    Answer,
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
    Visits,
)
from .plan import Envelope, Flow, Handoff, Hop, Intake, Map, Path, Plan, State, Timer, by_hand

PROTOCOL = 1
"""The version of the messages between engines, owners and callers."""
LONGEST_ITEM = 256
"""The characters of an item's id."""
LONGEST_ID = 1000
"""The bytes of a workflow's id."""
LONGEST_REASON = 1000
"""The characters that are kept of why an attempt failed."""

_VISIT = re.compile(r"[^#]+#[1-9][0-9]*")

Next = tuple[Item, list[Effect]]


def start(plan: Plan, flow: str, intake: str, id: str, raw: Any, now: int) -> Next:
    """Lets a raw record in by an intake: one of the flow's ids, or the name of a source. Raises Refused."""
    if not _is_item(id):
        why = f"`item` expected a text of at most {LONGEST_ITEM} characters, and no visit in it"
        raise Refused("misfit", why)
    if flow not in plan["flows"]:
        raise Refused("unknown", f"there is no flow `{flow}`")
    if len(id.encode()) + _longest_run(plan, flow) > LONGEST_ID:
        raise Refused("misfit", "`item` is too long for the ids of the runs that it calls")
    doors = plan["flows"][flow]["intakes"].items()
    named = (n for n, door in doors if "from" in door and intake in (n, door["from"]))
    if not (name := next(named, None)):
        raise Refused("unknown", f"`{flow}` has no intake `{intake}`")
    door = plan["flows"][flow]["intakes"][name]
    try:
        record = _taken_in(plan, plan["flows"][flow], door, raw)
    except Misfit as misfit:
        raise Refused.misfit(misfit) from None
    return _admit(plan, Item(id, plan["hash"], flow, name, now), record, now)


def start_run(plan: Plan, run: RunStart, now: int) -> Next:
    """Begins a run of a call. Raises Refused only if the plan is not the one with which the call was made."""
    item = Item(run.id, plan["hash"], run.flow, run.intake, now, caller=run.caller)
    return _admit(plan, item, run.argument, now)


def step(plan: Plan, item: Item, event: Event, now: int) -> Next:
    """What becomes of an item when something happens to it at that time. Raises Refused; `item` is as it was."""
    going = _Step(plan, item, now)
    match event:
        case Accept(visit):
            going.accept(visit)
        case Answer(visit, made, decision):
            going.answer(visit, made, decision)
        case Fail(visit, reason):
            going.fail(visit, reason)
        case RunEnded(run, receipt):
            going.run_ended(run, receipt)
        case Due():
            going.due()
        case Cancel(reason):
            going.cancel(reason)
    return going.item, going.effects


def next_due(plan: Plan, item: Item) -> int | None:
    """When something happens to the item by itself: a timer passes, an attempt begins, a wait is over."""
    if item.visit is None:
        return None
    state = plan["flows"][item.flow]["states"][item.visit.state]
    first = _leave_at(state, item.visit)
    moments = [first and first[0], item.visit.until]
    return min((moment for moment in moments if moment is not None), default=None)


def runs(plan: Plan, item: Item) -> list[RunStart]:
    """The runs that are open at the item's visit to a call."""
    if item.visit is None or item.visit.runs is None:
        return []
    call = plan["flows"][item.flow]["states"][item.visit.state]
    caller = str(item.key(item.visit))
    values = Values(item.context, {}, None)
    return [
        RunStart(f"{caller}/{run['id']}", run["flow"], run["intake"], _argument(values, run["argument"]), caller)
        for run in call["runs"]
        if item.visit.runs[run["id"]] is None
    ]


def again(plan: Plan, item: Item) -> list[Effect]:
    """What is to be begun at the item's visit, which nobody has begun yet."""
    if item.visit is None or item.visit.until is not None:
        return []
    kind = plan["flows"][item.flow]["states"][item.visit.state]["kind"]
    delivered = [Deliver(item.attempt(item.visit))] if kind in ("state", "approval") else []
    return [*delivered, *runs(plan, item)]


def task(plan: Plan, item: Item, makes: Any) -> Record | None:
    """What the owner of the open visit is told; None where nobody has anything to do. `makes` is the JSON Schema of
    what is to be made."""
    if (visit := item.visit) is None:
        return None
    state = plan["flows"][item.flow]["states"][visit.state]
    if state["kind"] not in ("state", "approval"):
        return None
    told: Record = {
        "v": PROTOCOL,
        "flow": item.flow,
        "plan": item.plan,
        "item": item.id,
        "visit": str(item.key(visit)),
        "attempt": str(item.attempt(visit)),
        "state": visit.state,
        "asset": state["asset"],
        "goal": state["goal"],
        "threshold": visit.threshold,
        "owner": state["owner"],
        "context": {name: item.context.get(name) for name in _reads(state)},
        "makes": makes,
        "due": iso(after(visit.since, state["deadline"]["seconds"])),
        "accept_due": None,
    }
    if "accept" in state:
        told["accept_due"] = iso(after(visit.since, state["accept"]["seconds"]))
    if state["kind"] == "approval":
        told["question"] = state["question"]
        told["shows"] = [path["text"] for path in state["shows"]]
        told["options"] = state["options"]
    return told


def reply(visit: Key, said: Any) -> Accept | Answer | Fail:
    """What an owner has replied: `{accept: true}`, `{made, decision?}` or `{fail}`, and perhaps `visit`. Raises Misfit
    if that is no reply, or one to another visit."""
    if not isinstance(said, dict):
        raise Misfit("", "expected an object")
    said = {name: value for name, value in said.items() if value is not None}
    named = said.pop("visit", str(visit))
    key = Key.read(named) if isinstance(named, str) else None
    if key is None or key.visit() != visit.visit():
        raise Misfit("visit", "names another visit")
    event = _event(visit, said)
    if said:
        raise unasked("", next(iter(said)))
    return event


def _event(visit: Key, said: Record) -> Accept | Answer | Fail:
    """Takes out of `said` what makes the reply."""
    if "fail" in said and "accept" not in said:
        if not isinstance(reason := said.pop("fail"), str):
            raise Misfit("fail", "expected the reason as a text")
        return Fail(visit, reason)
    if "accept" in said:
        if "fail" in said or said.pop("accept") is not True:
            raise Misfit("accept", "expected `true`, and nothing else")
        return Accept(visit)
    if not isinstance(made := said.pop("made", {}), dict):
        raise Misfit("made", "expected an object")
    decision = said.pop("decision", None)
    if decision is not None and not isinstance(decision, str):
        raise Misfit("decision", "expected a text")
    return Answer(visit, made, decision)


# ------------------------------------------------------------------------------------------------------- the door


def _admit(plan: Plan, item: Item, record: Any, now: int) -> Next:
    """An item that holds just this record goes to its first state."""
    going = _Step(plan, item, now)
    door = going.flow["intakes"][item.intake]
    going.travel(door["arrow"], {door["field"]: record}, {})
    return going.item, going.effects


def _is_item(id: str) -> bool:
    """Whether a submitter may give an item this id. One with a visit in it would be a run's of another item."""
    plain = all(c == " " or not (unicodedata.category(c) in ("Cc", "Cs") or c.isspace()) for c in id)
    within = id.split("/")[1:-1]
    return plain and 0 < len(id) <= LONGEST_ITEM and not any(_VISIT.fullmatch(part) for part in within)


def _longest_run(plan: Plan, flow: str) -> int:
    """The bytes that the ids of the runs of a flow, and of their runs, have at most behind the item's own."""
    longest = 0
    for name, state in plan["flows"][flow]["states"].items():
        for run in state.get("runs", []):
            own = len(f"/{name}#1000000/{run['id']}".encode())
            longest = max(longest, own + _longest_run(plan, run["flow"]))
    return longest


def _taken_in(plan: Plan, flow: Flow, intake: Intake, raw: Any) -> Any:
    """The raw record as what the intake's field holds. Raises Misfit."""
    field = flow["context"][intake["field"]]
    if "maps" not in intake:
        return fit_field(plan, field, raw, "raw")
    record: Record = {}
    for filled in intake["maps"]:
        *above, last = filled["path"]["names"][1:]
        here = record
        for name in above:
            here = here.setdefault(name, {})
        here[last] = _mapped(plan, flow, filled, raw)
    return fit_field(plan, field, record, intake["field"])


def _mapped(plan: Plan, flow: Flow, filled: Map, raw: Any) -> Any:
    """What a map fills its field with."""
    if "raw" not in filled["value"]:
        return filled["value"]["constant"]
    keys: list[str] = filled["value"]["raw"]
    value = _found(raw, keys)
    optional = _may_be_absent(plan, flow, filled["path"])
    return fit_field(plan, {"type": filled["path"]["type"], "optional": optional}, value, ".".join(["raw", *keys]))


def _found(raw: Any, keys: list[str]) -> Any:
    """What a raw record has below these keys. What is missing on the way, or null, is null."""
    value, path = raw, "raw"
    for key in keys:
        if value is None and path != "raw":
            return None
        if not isinstance(value, dict):
            raise Misfit(path, "expected an object")
        value, path = value.get(key), f"{path}.{key}"
    return value


def _may_be_absent(plan: Plan, flow: Flow, path: Path) -> bool:
    """Whether what fills a path may be absent: its last field is optional."""
    field = flow["context"][path["names"][0]]
    for name in path["names"][1:]:
        match field["type"]:
            case {"asset": asset}:
                field = plan["assets"][asset]["fields"][name]
            case _:
                return path["optional"]
    return field["optional"]


# ------------------------------------------------------------------------------------------------------- timers


def _timers(state: State, visit: Visit) -> Iterator[Timer]:
    """Those that lead on, the first first where several are due at the same time."""
    if "accept" in state and visit.accepted is None:
        yield state["accept"]
    if "deadline" in state:
        yield state["deadline"]
    if "time" in state:
        yield state["time"]


def _leave_at(state: State, visit: Visit) -> tuple[int, Timer] | None:
    moments = [(after(visit.since, timer["seconds"]), timer) for timer in _timers(state, visit)]
    return min(moments, key=lambda found: found[0], default=None)


def _argument(values: Values, path: Path) -> Any:
    value = values.at(path)
    if value is None:
        raise _broken(f"`{path['text']}` is absent")
    return value


def _reads(state: State) -> list[str]:
    """The context fields that the owner reads, whole, each once."""
    read = [need["path"] for need in state["needs"]] + state.get("shows", [])
    return list(dict.fromkeys([state["asset"], *(path["names"][0] for path in read)]))


def _broken(why: str) -> Refused:
    return Refused("broken", why)


def _brief(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "…"


# ------------------------------------------------------------------------------------------------------- a step


class _Step:
    """An item in the course of a step."""

    def __init__(self, plan: Plan, item: Item, now: int) -> None:
        if item.plan != plan["hash"]:
            raise _broken(f"the item keeps the plan {item.plan}")
        self.plan, self.now = plan, now
        self.flow: Flow = plan["flows"][item.flow]
        self.item = replace(
            item,
            visit=copy.copy(item.visit),
            context=dict(item.context),
            taken=dict(item.taken),
            visits=dict(item.visits),
        )
        self.effects: list[Effect] = []

    def note(self, **line: Any) -> None:
        self.effects.append(Note(line))

    def accept(self, key: Key) -> None:
        """A second acceptance changes nothing."""
        _, visit = self._owned(key)
        if visit.accepted is None:
            visit.accepted = self.now
            self.note(accepted=str(key.visit()))

    def answer(self, key: Key, made: Record, decision: str | None) -> None:
        state, _ = self._owned(key)
        try:
            fitted = self._fitted(state, made, decision)
        except Misfit as misfit:
            if by_hand(self.plan, state):
                raise Refused.misfit(misfit) from None
            return self.fail(key, str(misfit))
        return self._hand_on(state, fitted, decision)

    def fail(self, key: Key, reason: str) -> None:
        """An attempt has failed: the next one follows after a pause, or the failure exit after the last."""
        state, visit = self._owned(key)
        if visit.until is not None:
            why = f"that attempt has failed already; the next begins at {iso(visit.until)}"
            raise Refused("duplicate", why)
        if key.attempt is not None and key.attempt < visit.attempt:
            raise Refused("duplicate", "a later attempt is under way")
        retry = state.get("retry")
        again = after(self.now, retry["every"]) if retry and visit.attempt <= retry["times"] else None
        attempt = str(self.item.attempt(visit))
        said = {"again": iso(again)} if again is not None else {}
        self.note(failed=attempt, reason=_brief(reason, LONGEST_REASON), **said)
        if again is None:
            return self.leave(state["failure"], {}, {}, answered=True)
        visit.accepted = visit.accepted or self.now  # any answer acknowledges
        visit.until = again
        return None

    def run_ended(self, run: str, receipt: Any) -> None:
        caller, _, id = run.rpartition("/")
        unknown = Refused("unknown", f"no call runs `{run}`")
        if not (key := Key.read(caller)):
            raise unknown
        state, visit = self._open(key)
        if visit.runs is None or id not in visit.runs:
            raise unknown
        if visit.runs[id] is not None:
            raise Refused("duplicate", "that run has ended already")
        visit.runs = visit.runs | {id: {"receipt": receipt}}
        ended = [done["receipt"] for done in visit.runs.values() if done is not None]
        won = sum(receipt is not None for receipt in ended)
        left = len(visit.runs) - len(ended)
        if won >= state["join"]:
            self._hand_on(state, _given(state, visit.runs), None)
        elif won + left < state["join"]:
            self.leave(state["failure"], {}, {}, answered=True)

    def due(self) -> None:
        """What is due first happens. An attempt does not begin when it is time to leave."""
        if (visit := self.item.visit) is None:
            return
        state = self._state(visit.state)
        if timer := self._overdue(state, visit):
            self.leave(timer["route"], {}, {}, answered=False)
        elif visit.until is not None and visit.until <= self.now:
            visit.attempt, visit.until = visit.attempt + 1, None
            self._deliver(state, visit)

    def cancel(self, reason: str) -> None:
        if (visit := self.item.visit) is None:
            raise Refused("late", "the item has ended")
        self._finish({"owner": self._state(visit.state)["owner"], "reason": reason})

    # What an answer leads to

    def _fitted(self, state: State, made: Record, decision: str | None) -> Record:
        """What the state makes, and nothing else, with nulls for what may be missing and is."""
        fitted = {
            name: fit_field(self.plan, self.flow["context"][name], made.get(name), f"made.{name}")
            for name in state["makes"]
        }
        for other in made:
            if other not in fitted:
                raise unasked("made", other)
        options = [option["name"] for option in state.get("options", [])]
        if options and decision not in options:
            raise Misfit("decision", f"expected one of {', '.join(options)}")
        if not options and decision is not None:
            raise Misfit("decision", "is not asked for")
        return fitted

    def _hand_on(self, state: State, made: Record, decision: str | None) -> None:
        values = Values(self.item.context, made, decision)
        chosen = self._choose(state, values)
        self.leave(chosen["route"], made, self._read(state, chosen, values), answered=True)

    def _choose(self, state: State, values: Values) -> Handoff:
        """The one handoff that holds."""
        held = []
        for handoff in state["handoffs"]:
            if handoff["when"] != "otherwise" and holds(self.flow, handoff["when"]["guard"], values):
                held.append(handoff)
        held = held or [handoff for handoff in state["handoffs"] if handoff["when"] == "otherwise"]
        if len(held) != 1:
            raise _broken(f"{'several handoffs accept' if held else 'no handoff accepts'} what was made")
        return held[0]

    def _read(self, state: State, chosen: Handoff, values: Values) -> Record:
        """The values on which that was decided."""
        asked = [chosen] if chosen["when"] != "otherwise" else state["handoffs"]
        guards = [handoff["when"]["guard"] for handoff in asked if handoff["when"] != "otherwise"]
        read = {text: path for guard in guards for text, path in paths(self.flow, guard).items()}
        return {text: values.at(path) for text, path in read.items()}

    # Work moves along an arrow

    def leave(self, route: list[Hop], made: Record, values: Record, *, answered: bool) -> None:
        """By the first hop of the route whose bound is not used up."""
        if (visit := self.item.visit) is None:
            raise _broken("nothing is left of what has ended")
        self.item.visits[visit.state] = Visits(visit.number, answered)
        taken = self.item.taken
        free = (hop for hop in route if "at_most" not in hop or taken.get(hop["id"], 0) < hop["at_most"])
        if not (hop := next(free, None)):
            raise _broken("every way on is used up")
        if "at_most" in hop:
            taken[hop["id"]] = taken.get(hop["id"], 0) + 1
        self.travel(hop, made, values, self.item.key(visit))

    def travel(self, hop: Hop, made: Record, values: Record, left: Key | None = None) -> None:
        envelope = hop["envelope"]
        there = self.item.context | made
        self.item.context = {name: there[name] for name in envelope["context"] if name in there}
        self._verify(envelope)
        if hop["to"] in self.flow["states"]:
            visits = self.item.visits.get(hop["to"], Visits())
            self.item.visits[hop["to"]] = Visits(visits.count + 1)
            self._arrive(hop, values, left, visits.count + 1)
        else:
            self._end(hop, values, left)

    def _verify(self, envelope: Envelope) -> None:
        """The next owner verifies receipt: what it reads is there, and all of it is of its type."""
        for name, value in self.item.context.items():
            if value is not None:
                try:
                    fitted = fit(self.plan, self.flow["context"][name]["type"], value, name)
                except Misfit as misfit:
                    raise _broken(f"`{envelope['state']}` gets what does not fit: {misfit}") from None
                self.item.context[name] = fitted
        for text in envelope["verification"]["present"]:
            if not self._is_present(text.split(".")):
                raise _broken(f"`{envelope['state']}` reads `{text}`, which is absent")

    def _is_present(self, names: list[str]) -> bool:
        value: Any = self.item.context
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return value is not None

    def _arrive(self, hop: Hop, values: Record, left: Key | None, number: int) -> None:
        state = self._state(hop["to"])
        visit = Visit(hop["to"], number, hop["envelope"]["threshold"], self.now)
        if state["kind"] == "call":
            visit.runs = {run["id"]: None for run in state["runs"]}
        self.item.visit = visit
        self._hand(hop, values, left, self.item.key(visit))
        if state["kind"] in ("state", "approval"):
            self._deliver(state, visit)
        self.effects.extend(runs(self.plan, self.item))

    def _deliver(self, state: State, visit: Visit) -> None:
        """An attempt begins, and costs what the owner says."""
        self.effects.append(Deliver(self.item.attempt(visit)))
        if costs := self.plan["actors"][state["owner"]].get("costs"):
            before = self.item.cost["amount"] if self.item.cost else 0
            self.item.cost = {"amount": before + costs["amount"], "currency": costs["currency"]}

    def _end(self, hop: Hop, values: Record, left: Key | None) -> None:
        end = self.flow["ends"][hop["to"]]
        outcome: Record = {"end": hop["to"], "owner": end["owner"]}
        if end["outcome"] == "success":
            outcome["receipt"] = self.item.context.get(end["receipt"])
            if outcome["receipt"] is None:
                raise _broken(f"the receipt `{end['receipt']}` is absent")
        else:
            outcome["reason"] = end["reason"]
        self._hand(hop, values, left, None)
        self._finish(outcome)

    def _finish(self, outcome: Record) -> None:
        self.note(ended=outcome)
        self.item.visit, self.item.outcome = None, outcome

    def _hand(self, hop: Hop, values: Record, left: Key | None, to: Key | None) -> None:
        """The handover is written down."""
        said = hop["envelope"]
        limits = {"accept_due": said.get("accept"), "due": said.get("deadline")}
        handed: Record = {
            "from": left and str(left),
            "to": to and str(to),
            "hop": hop["id"],
            "times": self.item.taken[hop["id"]] if "at_most" in hop else None,
            **{name: said[name] for name in ("asset", "goal", "state", "threshold", "owner")},
            "values": values,
            "carries": said["context"],
            **{name: limit and iso(after(self.now, limit["seconds"])) for name, limit in limits.items()},
        }
        self.note(handed=handed)

    # What is open

    def _owned(self, key: Key) -> tuple[State, Visit]:
        """An open visit to somebody who works there."""
        state, visit = self._open(key)
        if state["kind"] not in ("state", "approval"):
            raise Refused("unknown", f"`{visit.state}` is nobody's to answer")
        return state, visit

    def _open(self, key: Key) -> tuple[State, Visit]:
        """An open visit whose time is not over."""
        visits = self.item.visits.get(key.state)
        unknown = Refused("unknown", f"there is no `{_brief(str(key), LONGEST_NAME)}`")
        if key.item != self.item.id or visits is None or key.number > visits.count:
            raise unknown
        visit = self.item.visit
        if visit is None or (visit.state, visit.number) != (key.state, key.number):
            if visits.answered and key.number == visits.count:
                raise Refused("duplicate", "it has been answered already")
            raise Refused("late", "the work has left this state")
        state = self._state(visit.state)
        if timer := self._overdue(state, visit):
            raise Refused("late", f"its time was over at {iso(after(visit.since, timer['seconds']))}")
        if key.attempt is not None and key.attempt > visit.attempt:
            raise unknown
        return state, visit

    def _overdue(self, state: State, visit: Visit) -> Timer | None:
        """The timer that has taken the work out of the state by now, though nobody may have noticed yet."""
        first = _leave_at(state, visit)
        return first[1] if first and first[0] <= self.now else None

    def _state(self, name: str) -> State:
        if name not in self.flow["states"]:
            raise _broken(f"there is no `{name}`")
        return self.flow["states"][name]


def _given(call: State, ended: Record) -> Record:
    """The receipts that a call takes over; absent where a run has not succeeded."""
    return {run["gives"]: (ended[run["id"]] or {}).get("receipt") for run in call["runs"] if "gives" in run}
