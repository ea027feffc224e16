"""The examples are clean; each is changed in every small way, and baton has to say what the law says of the change.

What the law says comes from z3 and from walks over configurations, not from a list. A change that leaves no readable flow
(an unknown name, a missing clause, a value of another type) has to be an error, whichever; of every other change exactly
the errors are told that the law sees, at their places, and a change that breaks nothing is none.
"""

import collections
import functools

import baton
from flow import Rejected
from guards import Z3
from mutants import mutants, without_scenarios

EXAMPLES = sorted(path.relative_to(baton.ROOT).as_posix() for path in (baton.ROOT / "examples").glob("*.flow"))
SHARDS = 8
ERRORS = baton.JUDGED - {"B307"}
MEMORY = {}


def test_examples_are_clean():
    for name in EXAMPLES:
        must, may, circles = baton.verdict((baton.ROOT / name).read_text(), Z3, name)
        assert not {code for code, _ in must} & ERRORS and not may and not circles, name


def test_mutation(every):
    counts = every([(name, shard) for name in EXAMPLES for shard in range(SHARDS)], judge)
    assert counts["changes"] > 200 * len(EXAMPLES)
    assert counts["no flow any more"] and counts["breaks the theorem"] and counts["breaks nothing"]
    assert not counts["wrong"], "baton and the law differ, see above"


def judge(share):
    name, shard = share
    text = without_scenarios((baton.ROOT / name).read_text())
    counts = collections.Counter()
    for index, (what, changed) in enumerate(mutants(text, functools.partial(baton.beside, name))):
        if index % SHARDS == shard:
            counts["changes"] += 1
            verdict, wrong = of_change(changed, name)
            counts[verdict] += 1
            if wrong:
                counts["wrong"] += 1
                counts[f"{name}, {what}: {'; '.join(wrong)}"] += 1
    return counts


def of_change(text, name):
    """What the change amounts to, and in what baton sees it differently."""
    decide = functools.partial(Z3, memory=MEMORY)
    try:
        must, _, circles = baton.verdict(text, decide, name)
    except Rejected as why:
        return "no flow any more", [] if baton.said(text, name, ERRORS) else [f"no error, but {why}"]
    broken = {code for code, _ in must} & ERRORS or circles
    return f"breaks {'the theorem' if broken else 'nothing'}", baton.disagreements(text, decide, ERRORS, name)
