"""Runs a flow in every way it can go: what happens, against what is proved.

A configuration is (state, how often each counted arrow was taken, what is held, values): held are (HAS, field),
(ABSENT, field) and (MADE, field), values are those of all paths that some guard compares, so that nothing is united here;
forgotten is only what nobody looks at any more. `Explorer.wrong` has every breach of the theorem that some run shows; the law may see more (see
test_flows.py), never less.
"""

import functools

from guards import ABSENT, DECISION, holds
from worst import duration

LIMIT = 5_000
HAS, MADE = "has", "made"


class TooLarge(Exception):
    """More configurations than are looked at."""


class Explorer:
    def __init__(self, law):
        self.law, self.file, self.flow, self.space = law, law.file, law.flow, law.space
        self.below = {f: [p for p in self.space.cells if p[0] == f and p != DECISION] for f in self.flow.context}
        self.receipts = {state.receipt.path[0] for state in self.flow.states.values() if state.receipt}
        self.needed = self.looked_at()
        self.answer = functools.cache(self.answer)
        self.wrong = set()  # of (what, state, the field that it is about or None)
        self.steps = {}  # configuration -> [(edge, decision, configuration)]
        self.starts = [self.enter(intake) for intake in self.flow.intakes]
        self.explore()
        self.endless = self.circles()

    def looked_at(self):
        """The fields that are looked at in each state or behind it, before they are made anew."""
        needed = {name: frozenset() for name in self.flow.states}
        for form, arguments, _ in self.flow.proofs:
            if form == "only":
                needed[arguments[0]] |= {path[0] for path in self.space.related(arguments[1])}
        before = None
        while before != needed:
            before = dict(needed)
            for name, state in self.flow.states.items():
                guards = {read.path[0] for arrow in state.handoffs() for read in arrow.reads}
                needed[name] |= {read.path[0] for read in state.reads()} | guards - set(state.written())
                for edge in self.law.edges[name]:
                    made = state.written() if edge.arrow.kind == "handoff" else ()
                    needed[name] |= needed[edge.target] - set(made)
        return needed

    def configuration(self, name, counts, held, values):
        needed = self.needed[name]
        held = frozenset(h for h in held if h[1] in (self.receipts if h[0] is MADE else needed))
        return name, counts, held, frozenset(v for v in values if v[0][0] in needed)

    # What fields hold

    def holdings(self, fields):
        """Every way to fill these fields."""
        paths = [path for field in sorted(fields) for path in self.below[field]]
        return self.space.combinations({path: self.space.cells[path] for path in paths})

    def enter(self, intake):
        """The configurations at this door."""
        absent = {name for name, kind in self.flow.context.items() if kind.optional and name != intake.field}
        empty = {path: ABSENT for field in absent for path in self.below[field]}
        found = []
        for values in self.holdings([intake.field]):
            if all(values[p] in self.law.mapped(intake.maps or {}, p, {values[p]}) for p in values if intake.maps and len(p) > 1):
                held = frozenset({(HAS, intake.field)} | {(ABSENT, field) for field in absent})
                values = (empty | values).items()
                found.append(self.configuration(intake.target[0], self.law.worst.none, held, values))
        return intake, list(dict.fromkeys(found))

    def explore(self):
        waiting = list({configuration for _, found in self.starts for configuration in found})
        self.steps = dict.fromkeys(waiting)
        while waiting:
            here = waiting.pop()
            self.steps[here] = list(self.ways(here))
            for _, _, there in self.steps[here]:
                if there not in self.steps:
                    self.steps[there] = None
                    waiting.append(there)
            if len(self.steps) > LIMIT:
                raise TooLarge

    # One visit

    def ways(self, here):
        name, counts, held, values = here
        state, known = self.flow.states[name], dict(values)
        self.arrive(state, held, known)
        for arrow in state.arrows:
            if arrow.kind != "handoff" and arrow.hops:
                edge = self.hop(name, arrow, counts)
                yield edge, None, self.configuration(edge.target, self.counting(edge, counts), held, values)
        if state.handoffs():
            guards = {path for arrow in state.handoffs() for path in self.space.related(self.law.guard(state, arrow))}
            seen = frozenset(v for v in values if v[0] in guards)
            assigned = frozenset(field for what, field in held if what is not MADE)
            for arrow, option, made in self.answer(state.name, seen, assigned):
                edge = self.hop(name, arrow, counts)
                yield edge, option, self.carried(state, edge, counts, held, known | made)

    def arrive(self, state, held, known):
        """What is read on arrival has to be there."""
        for read in state.reads():
            field = read.path[0]
            if not self.assigned(field, held):
                self.wrong.add(("unassigned", state.name, field))
            elif not read.lenient and self.absent(read.path, held, known):
                self.wrong.add(("unassigned", state.name, field))
        if state.receipt and (MADE, state.receipt.path[0]) not in held:
            self.wrong.add(("unmade", state.name, state.receipt.path[0]))
        answered = state.is_end() or state.kind == "wait" or state.handoffs()
        if not answered or not all(arrow.hops for arrow in state.arrows):
            self.wrong.add(("stuck", state.name, None))

    def assigned(self, field, held):
        return (HAS, field) in held or (ABSENT, field) in held

    def absent(self, path, held, known):
        """Whether the path has no value; one that no guard looks at may lack it wherever its type lets it."""
        if (ABSENT, path[0]) in held:
            return True
        types = self.file.type_of(self.flow, path)
        nodes = [path[: i + 1] for i, kind in enumerate(types) if kind.optional]
        return any(known.get(node, ABSENT) is ABSENT for node in nodes)

    def answer(self, name, seen, assigned):
        """Everything that the owner can hand over, as (arrow, decision, values)."""
        state, found = self.flow.states[name], []
        unassigned = {r.path[0] for a in state.handoffs() for r in a.reads} - assigned - set(state.written())
        if unassigned:
            self.wrong |= {("unassigned", name, field) for field in unassigned}
            return found
        for values in filter(functools.partial(self.joins, state), self.holdings(state.written())):
            for option in [option for option, _ in state.options] or [None]:
                arrow = self.taken(state, dict(seen) | values | {DECISION: option})
                found += [(arrow, option, values)] if arrow else []
        return found

    def joins(self, state, values):
        """Whether just as many runs of a call as it waits for may have given these values."""
        given = [values[field,] for _, _, field in state.runs if field and (field,) in values]
        missing, wanted = given.count(ABSENT), len(state.runs) if state.join is None else state.join
        return len(given) - missing <= wanted <= len(state.runs) - missing

    def taken(self, state, values):
        """The one handoff whose guard holds."""
        guards = [self.law.guard(state, arrow) for arrow in state.handoffs()]
        found = [arrow for arrow, guard in zip(state.handoffs(), guards) if holds(guard, values)]
        if len(found) != 1:
            self.wrong.add(("overlap" if found else "gap", state.name, None))
        return found[0] if found else None

    def hop(self, name, arrow, counts):
        for edge in self.law.edges[name]:
            if edge.arrow is arrow:
                place = self.law.worst.place.get(edge)
                if edge.bound is None or place is None or counts[place] < edge.bound:
                    return edge
        raise AssertionError("a chain without an end")

    def counting(self, edge, counts):
        return self.law.worst.counting(edge, self.law.worst.place.get(edge), counts)

    def carried(self, state, edge, counts, held, values):
        """What goes on behind a handoff: what was made besides, and of an explicit `carry` only what it names."""
        written = set(state.written())
        held = {h for h in held if h[1] not in written or h[0] is MADE} | {(MADE, field) for field in written}
        held |= {(ABSENT if values.get((field,)) is ABSENT else HAS, field) for field in written}
        if edge.arrow.carry is not None:
            gone = set(self.flow.context) - {field for field, _ in edge.arrow.carry}
            optional = {field for field in gone if self.flow.context[field].optional}
            held = {h for h in held if h[0] is MADE or h[1] not in gone} | {(ABSENT, field) for field in optional}
            values = {p: ABSENT if p[0] in optional else v for p, v in values.items() if p[0] not in gone - optional}
        return self.configuration(edge.target, self.counting(edge, counts), held, values.items())

    # What all runs have in common

    def circles(self):
        """States on a run without end: what is left after configurations without a way on are taken away."""
        left = {here: len(steps) for here, steps in self.steps.items()}
        before = {}
        for here, steps in self.steps.items():
            for _, _, there in steps:
                before.setdefault(there, []).append(here)
        waiting = [here for here, count in left.items() if not count]
        while waiting:
            for here in before.get(waiting.pop(), []):
                left[here] -= 1
                if not left[here]:
                    waiting.append(here)
        return {here[0] for here, count in left.items() if count}

    def reached(self):
        return {here[0] for here in self.steps}

    def succeeds(self, intake):
        """Whether some run from this door ends in success."""
        found = next(found for door, found in self.starts if door is intake)
        return any(self.flow.states[here[0]].kind == "success" for here in self.from_here(found))

    def from_here(self, found, passed=lambda edge, decision: False):
        seen, waiting = set(found), list(found)
        while waiting:
            for edge, decision, there in self.steps[waiting.pop()]:
                if there not in seen and not passed(edge, decision):
                    seen.add(there)
                    waiting.append(there)
        return seen

    def all_starts(self):
        return [here for _, found in self.starts for here in found]

    def longest(self, weight):
        @functools.cache
        def rest(here):
            ways = (weighs(here[0], edge) + rest(there) for edge, _, there in self.steps[here])
            return max(ways, default=weighs(here[0], None))

        weighs = functools.cache(lambda name, edge: weight(self.flow.states[name], edge and edge.arrow))
        return max(map(rest, self.all_starts()))

    def proves(self, form, arguments):
        """Whether the proof holds of every run; None where it is no question of runs."""
        worst = self.law.worst
        if form == "decided" or self.endless and form in ("time", "cost", "visits"):
            return None
        match form:
            case "time":
                return self.longest(duration) <= arguments
            case "cost":
                return self.longest(lambda state, _: worst.price(state.name)) <= arguments[0] if worst.priced() else None
            case "visits":
                return self.longest(lambda state, _: int(state.name == arguments[1])) <= arguments[0]
            case "passes":
                return arguments[0] not in {here[0] for here in self.from_here(self.all_starts(), self.passing(arguments[1]))}
            case "only":
                return all(self.fits(arguments[1], here) for here in self.steps if here[0] == arguments[0])

    def passing(self, passed):
        def through(edge, decision):
            kinds = edge.arrow.kind in ("handoff", "wait")
            return kinds and any(name == edge.source and option in (None, decision) for name, option in passed)

        return through

    def fits(self, guard, here):
        """Whether the guard holds of what work holds on arrival; of what it does not hold nothing can be said."""
        values = dict(here[3])
        paths = self.space.related(guard)
        missing = {path[0] for path in paths if not self.assigned(path[0], here[2])}
        values = {path: value for path, value in values.items() if path[0] not in missing}
        return all(holds(guard, values | more) for more in self.holdings(missing))
