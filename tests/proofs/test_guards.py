"""Random sets of guards: what baton says of gaps, overlaps and guards that are never true, against z3.

All three judges have to agree: baton, z3, and trying every combination of cells. Where baton shows values, z3 confirms
that whatever has these values is in the gap or in the overlap, and so for the region that it shows; and the fix that
it offers for a gap closes it, without a new error.
"""

import collections
import functools
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
    text = random_guards.file(seed, range(FLOWS))
    file, told = read(text), baton.check(text)
    cells = functools.partial(Cells, memory={})
    judged, again = laws(file, Z3), laws(file, cells)
    assert {n: law.must for n, law in judged.items()} == {n: law.must for n, law in again.items()}, f"seed {seed}"
    if baton.differences(text, baton.placed(told), baton.summed(judged.values())):
        for index in range(FLOWS):
            baton.agree(random_guards.file(seed, [index]), Z3)
        baton.agree(text, Z3)  # they differ only beside one another
    counts = collections.Counter("clean" for law in judged.values() if not law.must)
    for found in told:
        counts[found["code"]] += 1
        law = next((law for law in judged.values() if about(law, found)), None)
        if found["code"] in ("B301", "B302"):
            confirm(text, law, found)
            counts[f"{found['code']} whose values are confirmed"] += 1
        if found["code"] == "B301" and found["fixes"]:
            repair(text, law, found, cells)
            counts["B301 whose fix closes the gap"] += 1
    return counts


def about(law, found):
    return (found["code"], found["range"]["start"]["offset"]) in law.must


def confirm(text, law, found):
    """The values that are shown, and the region, are where the diagnostic says."""
    at = found["range"]["start"]["offset"]
    told = f"{found['message']}\n{found['labels']}\n{found['help']}\n{alone(text, law.flow.name)}"
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


def repair(text, law, found, decide):
    """The fix closes the gap, and no other guard is wrong that was not before."""
    (edit,) = found["fixes"][0]["edits"]
    start, end = (edit["range"][which]["offset"] for which in ("start", "end"))
    name = law.flow.name
    fixed = laws(read(alone(text[:start] + edit["text"] + text[end:], name)), decide)[name]
    before, after = of_guards(law), of_guards(fixed)
    assert after < before, f"{found['fixes'][0]['title']}: {after}\n{alone(text, name)}"


def of_guards(law):
    """How often the law says what of the flow's guards, by (code, state)."""
    places = {state.at: state.name for state in law.flow.states.values()}
    places |= {arrow.guard_at: state.name for state in law.flow.states.values() for arrow in state.handoffs()}
    return collections.Counter((code, places[at]) for code, at in law.must if code in ("B202", "B301", "B302"))


def alone(text, name):
    """The text of this flow only, with what it uses."""
    thresholds = [line for line in text.splitlines() if line.startswith(f"threshold {name}_")]
    start = text.index(f"flow {name} {{")
    end = text.find("\n}\n", start)
    return "\n".join([random_guards.HEAD, *thresholds, text[start:end], "}", ""])
