"""Random flows: what baton says, against the law of the language and against every run of the flow.

Two things are held. Baton says exactly what the law says (`law.py`), code by code and place by place. And the law misses
nothing that some run shows (`explorer.py`): a flow without errors has no run that gets stuck, goes on for ever, reads what
is not there or comes to an end without its receipt, and no run breaks a proof that was accepted.

The other way round the law may be stricter than the runs: a false alarm. They are counted, and each is of a class:

- "runs are fewer than ways": a way that the graph has and no run takes, since the values that it needs never come together
  (what is known of two paths at once, or of one path on two ways in, is not kept), or since a count never runs out. Errors
  of guards (B202, B301, B302, B601), of context (B501, B502, B506) and all worst cases and `passes` can be of this class.
- "not known": a `prove ... only if` that holds in every run, but needs more than the last arrow's guard and what is known
  where it starts.
- "a circle that data ends": B305 where the values on the way shut the circle off.
- the same reason hides a state from B304, which goes by ways: it is counted, and it is no defect, as no run comes there.
"""

import collections

import pytest

import baton
import random_flows
from explorer import Explorer, TooLarge
from flow import read
from law import laws

FAMILIES = {
    "gap": {"B301", "B601", "B202"},
    "overlap": {"B302"},
    "unassigned": {"B501", "B502"},
    "unmade": {"B506", "B501", "B502"},
    "stuck": {"B303", "B401"},
}
ALARMS = set().union(*FAMILIES.values()) - {"B202"}
LARGE = 20_000


def test_flows(every, seeds):
    counts = every(seeds("--flows"), judge)
    assert counts["accepted"] * 5 > sum(counts[name] for name in ("accepted", "rejected")), "too few sound flows"


TWICE = """
asset Item { good: bool }
actor m: model { uses "m" responds within 1h }
flow f {
  context { item: Item  one: Item  two: Item }
  default deadline else -> lost
  default failure -> lost
  intake item -> a
  state a { owner m asset item goal "g" needs one handoff -> b when item.good }
  state b { owner m asset item goal "g" needs two makes item handoff -> done when item.good }
  end done: success { owner m receipt item }
  end lost: failure { owner m reason "r" }
}
"""


@pytest.mark.parametrize(
    ("code", "place", "shown"),
    [
        ("B301", "a {", ("gap", "a", None)),
        ("B301", "b {", ("gap", "b", None)),
        ("B501", "one handoff", ("unassigned", "a", "one")),
        ("B501", "two makes", ("unassigned", "b", "two")),
    ],
)
def test_a_finding_elsewhere_is_no_excuse(code, place, shown):
    law = laws(read(TWICE))["f"]
    wrong = Explorer(law).wrong
    assert not missed(law, wrong)
    law.must.remove((code, TWICE.index(place)))
    assert shown in missed(law, wrong) and len(missed(law, wrong)) == 1


def judge(seed):
    text = random_flows.file(seed)
    text = random_flows.with_proofs(text, laws(read(text))["f"], seed)
    law = laws(read(text))["f"]
    baton.agree(text)
    if law.worst.size() > LARGE:
        return {"too many counts for the explorer": 1}
    try:
        return runs(text, law)
    except TooLarge:
        return {"too many configurations for the explorer": 1}


def runs(text, law):
    """Holds the runs of the flow against the law, and counts the verdicts."""
    explorer, counts = Explorer(law), collections.Counter()
    codes = {code for code, _ in law.must if code not in ("B304", "B306", "B307", "B701")}
    codes |= {"B305"} if law.unbounded else set()
    counts["rejected" if codes else "accepted"] += 1
    assert not missed(law, explorer.wrong), f"missed: {missed(law, explorer.wrong)}\n{text}"
    assert law.unbounded or not explorer.endless, f"missed: an endless run\n{text}"
    counts["false alarm: a circle that data ends"] += bool(law.unbounded and not explorer.endless)
    found = {what for what, _, _ in explorer.wrong}
    for code in codes & ALARMS:
        confirmed = any(code in FAMILIES[what] for what in found)
        counts[f"{code} " + ("shown by a run" if confirmed else "false alarm: runs are fewer than ways")] += 1
    reach(text, law, explorer, counts)
    if not codes:
        proofs(text, law, explorer, counts)
    return counts


def missed(law, wrong):
    """What runs show, but no finding of the law at a place that speaks of it: (what, state, field)."""
    return sorted(shown for shown in wrong if not told(law, *shown))


def told(law, what, name, field):
    places = of_state(law.flow.states[name]) if field is None else of_field(law, name, field)
    return any((code, at) in law.must | law.may for code in FAMILIES[what] for at in places)


def of_state(state):
    """The places where it may be told that a state's arrows do not fit together."""
    arrows = {at for arrow in state.arrows for at in (arrow.at, arrow.guard_at)}
    return {state.at} | arrows | {at for _, at in state.options}


def of_field(law, name, field):
    """The places where it may be told that this state misses a field. It is told once: where the field is read, here or
    on a way to here, or where a `carry` on such a way drops it."""
    before = [state for state in law.flow.states.values() if name in law.closure([state.name], law.ways)]
    reads = {r.at for s in before for r in s.reads() + guards_reads(s) if r.path[0] == field}
    return reads | {a.carry_at for s in before for a in s.arrows if a.carry is not None and field not in dict(a.carry)}


def guards_reads(state):
    return [read for arrow in state.handoffs() for read in arrow.reads]


def reach(text, law, explorer, counts):
    reached = explorer.reached()
    assert reached <= set(law.arrival), f"missed: a run reaches {reached - set(law.arrival)}\n{text}"
    counts["states that ways reach, but no run"] += len(set(law.arrival) - reached)
    for intake in law.flow.intakes:
        hopeless = ("B306", intake.at) in law.must
        assert not (hopeless and explorer.succeeds(intake)), f"B306, but a run succeeds\n{text}"
        counts["B306 confirmed by all runs"] += hopeless


def proofs(text, law, explorer, counts):
    for form, arguments, at in law.flow.proofs:
        accepted, holds = ("B701", at) not in law.must, explorer.proves(form, arguments)
        assert not (accepted and holds is False), f"missed: `prove` at {baton.place(text, at)} breaks\n{text}"
        why = "not known" if form == "only" else "runs are fewer than ways"
        verdict = "accepted" if accepted else "shown by a run" if holds is not True else f"false alarm: {why}"
        counts[f"prove {form}: {verdict}"] += 1
