"""How long z3 solves what baton decides of the guards of each flow of a text on standard input: a line a flow, as
`guards.rs` prints them. Needs z3-solver.

What z3 is asked is made before and does not count; that a new solver takes it in, decides it and shows a model, its
witness, does. For each state these are a gap, for each handoff that nothing takes it, and for each but the first that an
earlier one takes the same.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "proofs"))

import z3

from flow import read
from guards import Z3, complement
from law import laws

TIMES = 3


def questions(law, state):
    """What is to be decided of a state: whether some values satisfy these guards."""
    guards = [law.guard(state, arrow) for arrow in state.handoffs()]
    yield complement(guards)
    yield from guards
    for place, guard in enumerate(guards[1:], 1):
        yield ("all", (guard, ("any", tuple(guards[:place]))))


def solve(assertions):
    began = time.perf_counter()
    solver = z3.Solver()
    solver.add(assertions)
    if solver.check() == z3.sat:
        solver.model()
    return time.perf_counter() - began


def seconds(law):
    by_z3 = Z3(law.space)
    states = [state for state in law.flow.states.values() if state.handoffs()]
    asked = [(question, law.domain(state)) for state in states for question in questions(law, state)]

    def least(question, domain):
        domain = {path: domain[path] for path in law.space.related(question)}
        assertions = by_z3.assertions(question, domain)
        return min(solve(assertions) for _ in range(TIMES))

    return sum(least(question, domain) for question, domain in asked)


for name, law in laws(read(sys.stdin.read())).items():
    print(name, round(seconds(law) * 1e9))
