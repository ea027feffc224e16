"""Random sets of guards: what baton says of gaps, overlaps and guards that are never true, against z3.

All three judges have to agree: baton, z3, and trying every combination of cells. Where baton shows values, z3 confirms
that whatever has these values is in the gap or in the overlap, and so for the region that it shows; and the fix that
it offers for a gap closes it, without a new error.
"""

import collections
import re

import baton
import random_guards
from flow import ALWAYS, Parser, Resolver, read
from guards import Cells, Z3, complement
from law import laws

FLOWS = 40  # in a file


def test_guards(every, seeds):
    counts = every(seeds("--sets", FLOWS), judge)
    told = {name.split()[0] for name in counts}
    assert {"B202", "B301", "B302", "B601", "clean"} <= told, "the random sets are of one kind"


def judge(seed):
    text = random_guards.file(seed, FLOWS)
    if baton.disagreements(text, Z3):
        for index in range(FLOWS):
            baton.agree(random_guards.HEAD + random_guards.flow(f"f{index}", f"{seed}/{index}") + "\n", Z3)
    file = read(text)
    by_z3, by_cells = laws(file, Z3), laws(file, Cells)
    assert {n: law.must for n, law in by_z3.items()} == {n: law.must for n, law in by_cells.items()}, f"seed {seed}"
    counts = collections.Counter("clean" for law in by_z3.values() if not law.must)
    for found in baton.check(text):
        law = next((law for law in by_z3.values() if about(law, found)), None)
        counts[found["code"]] += 1
        if found["code"] in ("B301", "B302"):
            confirm(text, law, found)
            counts[f"{found['code']} whose values are confirmed"] += 1
        if found["code"] == "B301" and found["fixes"]:
            repair(text, law, found)
            counts["B301 whose fix closes the gap"] += 1
    return counts


def about(law, found):
    return (found["code"], found["range"]["start"]["offset"]) in law.must


def confirm(text, law, found):
    """The values that are shown, and the region, are where the diagnostic says."""
    at = found["range"]["start"]["offset"]
    told = f"{found['message']}\n{found['labels']}\n{found['help']}\n{alone(text, law)}"
    state = next(s for s in law.flow.states.values() if at == s.at or at in [a.guard_at for a in s.handoffs()])
    domain = law.domain(state)
    claim = said_to_hold(state, found, at)
    values = re.findall("`([^`]*)`", found["message"].split("accept")[1])
    assert values or found["message"].endswith("accept everything"), told
    region = re.search("takes? `([^`]*)`", found["labels"][0]["message"] if found["code"] == "B301" else found["help"])
    for shown in (("all", tuple(value(law, state, v) for v in values)), guard(law, state, region[1]) if region else ALWAYS):
        assert law.decide.some(shown, domain), f"nothing that can come is like this: {told}"
        assert not law.decide.some(("all", (shown, ("not", claim))), domain), f"this does not follow: {told}"


def said_to_hold(state, found, at):
    """Of a gap: that no guard holds. Of an overlap: that both guards do."""
    if found["code"] == "B301":
        return complement(arrow.guard for arrow in state.handoffs())
    places = [label["range"]["start"]["offset"] for label in found["labels"]]
    assert places[0] == at and len(places) == 2
    return ("all", tuple(arrow.guard for arrow in state.handoffs() if arrow.guard_at in places))


def value(law, state, shown):
    """`path = value`, `path absent` or `path present` as a guard."""
    path, _, constant = shown.partition(" = ")
    if constant == "any other text":
        key = tuple(path.split("."))
        return ("all", (("present", key), *(("differs", key, c) for c in law.space.constants[key])))
    return guard(law, state, f"{path} is {constant}" if constant else " is ".join(path.split()))


def guard(law, state, text):
    parsed, _ = Parser(text, None).guard()
    return Resolver(law.file, law.flow).guard(parsed, state)


def repair(text, law, found):
    """The fix leaves no gap in this state, and nothing else is wrong that was not before."""
    (edit,) = found["fixes"][0]["edits"]
    start, end = (edit["range"][which]["offset"] for which in ("start", "end"))
    fixed = text[:start] + edit["text"] + text[end:]
    state = next(state.name for state in law.flow.states.values() if state.at == found["range"]["start"]["offset"])
    before, after = tell(text, law), tell(fixed, law)
    assert (state, "B301") not in after and not after - before, f"{found['fixes'][0]['title']}: {after - before}\n{alone(text, law)}"


def alone(text, law):
    """The text of this law's flow."""
    start = text.index(f"flow {law.flow.name} {{")
    return text[start : text.find("\nflow", start)]


def tell(text, law):
    """Which errors of guards the states of this law's flow have."""
    flow = laws(read(text), Cells)[law.flow.name]
    places = {state.at: state.name for state in flow.flow.states.values()}
    for state in flow.flow.states.values():
        places |= {arrow.guard_at: state.name for arrow in state.handoffs()}
    return {(places[at], code) for code, at in flow.must if at in places and code in ("B202", "B301", "B302")}
