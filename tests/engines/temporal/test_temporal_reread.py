"""An emitted plan is read again, by nothing but its JSON: each wait has its timer, each bound its counter, each exit
its target. A plan says all of that twice, in the arrow and in what travels along it: whatever is cut off is missed."""

import copy
import json

import pytest
from temporal_plays import EXAMPLES, ROOT, build


def routes(state):
    """Every way out, by its name."""
    timers = {name: state[name]["route"] for name in ("accept", "deadline", "time") if name in state}
    handoffs = {f"handoff-{n}": handoff["route"] for n, handoff in enumerate(state.get("handoffs", []), 1)}
    failure = {"failure": state["failure"]} if "failure" in state else {}
    return {**timers, **failure, **handoffs}


def due(state, name):
    """The seconds of a timer, and the places to which it leads."""
    timer = state.get(name)
    return timer and (timer.get("seconds"), [hop.get("to") for hop in timer["route"]])


def said(envelope, name):
    limit = envelope.get(name)
    return limit and (limit.get("seconds"), limit.get("escalation"))


def lost(plan):
    """What can't be found, in words."""
    found = []
    for flow_name, flow in plan["flows"].items():
        for name, state in flow["states"].items():
            place = f"{flow_name}/{name}"
            needed = ["time"] if state["kind"] == "wait" else ["deadline", "failure", "handoff-1"]
            found += [f"{place}: no {way}" for way in needed if way not in routes(state)]
            if state["kind"] == "wait" and not state.get("time", {}).get("seconds"):
                found.append(f"{place}: no time")
            if state["kind"] == "call":
                found += [f"{place}: no flow" for run in state["runs"] if run["flow"] not in plan["flows"]]
            for hops in routes(state).values():
                found += broken(flow, place, hops)
        for name, intake in flow["intakes"].items():
            found += broken(flow, f"{flow_name}/{name}", [intake["arrow"]])
    return found


def broken(flow, place, hops):
    """What is wrong with a route: only its last hop is free, and each goes where its envelope says."""
    if not hops or "at_most" in hops[-1]:
        yield f"{place}: a route leads nowhere once it is used up"
    for number, hop in enumerate(hops):
        envelope, to = hop["envelope"], hop.get("to")
        target = flow["states"].get(to) or flow["ends"].get(to)
        if target is None or envelope["state"] != to or envelope["owner"] != target["owner"]:
            yield f"{place}: {hop['id']} has lost its target"
            continue
        if envelope.get("bound") != hop.get("at_most") or (number < len(hops) - 1) != ("at_most" in hop):
            yield f"{place}: {hop['id']} has lost its counter"
        for timer in ("accept", "deadline"):
            if due(target, timer) != said(envelope, timer):
                yield f"{place}: `{to}` has lost its {timer}"


def cuts(plan):
    """Each way to take something away on which a proof rests: where it stands, and its name there."""
    for flow_name, flow in plan["flows"].items():
        for name, state in flow["states"].items():
            at = ("flows", flow_name, "states", name)
            for timer in ("accept", "deadline", "time"):
                if timer in state:
                    yield at, timer
                    yield (*at, timer), "seconds"
            yield from ((at, way) for way in ("failure", "handoffs") if way in state)
            timers = [timer for timer in ("accept", "deadline", "time") if timer in state]
            ways = [((*at, timer, "route"), state[timer]["route"]) for timer in timers]
            ways += [((*at, "failure"), state["failure"])] if "failure" in state else []
            ways += [((*at, "handoffs", n, "route"), h["route"]) for n, h in enumerate(state.get("handoffs", []))]
            for where, hops in ways:
                for number, hop in enumerate(hops):
                    yield (*where, number), "to"
                    yield from [((*where, number), "at_most")] if "at_most" in hop else []
        yield from ((("flows", flow_name, "ends"), end) for end in flow["ends"])


def without(plan, where, name):
    plan = copy.deepcopy(plan)
    here = plan
    for step in where:
        here = here[step]
    del here[name]
    return plan


@pytest.mark.parametrize("example", EXAMPLES)
def test_nothing_on_which_the_proofs_rest_is_lost(example, tmp_path):
    (file,) = build(ROOT / "examples" / f"{example}.flow", tmp_path).glob("plans/*/plan.json")
    plan = json.loads(file.read_text())
    assert lost(plan) == []
    taken = list(cuts(plan))
    assert len(taken) > 20
    for where, name in taken:
        assert lost(without(plan, where, name)), f"nobody misses {name} of {where}"
