"""What `baton check` has to say of a flow, rule by rule as the language's description states it.

`must` is what has to be reported, as (code, place); `may` is where the description leaves room. Errors alone, and B307.
"""

import dataclasses
import functools

from context import Context
from flow import ALWAYS, Arrow, Rejected
from guards import ABSENT, DECISION, Cells, Space, complement
from worst import Worst


@dataclasses.dataclass(frozen=True)
class Edge:
    """One hop of an arrow."""

    source: str
    target: str
    bound: int | None
    at: int
    arrow: Arrow = dataclasses.field(compare=False, hash=False)
    index: int = 0  # of the arrow among its state's


def laws(file, decide=Cells):
    """The laws of all flows of a file, by name."""
    found, waiting = {}, dict(file.flows)
    while waiting:
        ready = [f for f in waiting.values() if all(run[0] in found for s in f.states.values() for run in s.runs)]
        if not ready:
            raise Rejected("flows that call each other")
        for flow in ready:
            found[flow.name] = Law(file, waiting.pop(flow.name), decide, found)
    return found


class Law:
    def __init__(self, file, flow, decide=Cells, others=None):
        self.file, self.flow, self.laws = file, flow, others or {}
        self.space = Space(file, flow)
        self.decide = decide(self.space)
        self.must, self.may = set(), set()
        self.open = set()  # states of which a way out is missing: what it would lead to is not told
        self.edges = {state.name: self.edges_of(state) for state in flow.states.values()}
        self.arrival = self.known_on_arrival()
        self.structure()
        self.guards()
        self.reached()
        self.bounded()
        Context(self).run()
        self.worst = Worst(self)
        self.proofs()

    # Arrows and what is known

    def edges_of(self, state):
        return [
            Edge(state.name, target, bound, at, arrow, index)
            for index, arrow in enumerate(state.arrows)
            for target, bound, at in arrow.hops
        ]

    def guard(self, state, arrow):
        if arrow.otherwise:
            return complement(other.guard for other in state.handoffs() if other.guard is not None)
        return ALWAYS if arrow.guard is None else arrow.guard

    def start(self, intake):
        """What is known of a work item at the door."""
        domain = self.space.everything()
        for path, cells in domain.items():
            if path[0] != intake.field:
                if path[:1] in self.space.optional.get(path, []):
                    domain[path] = frozenset([ABSENT])
            elif intake.maps is not None and len(path) > 1:
                domain[path] = self.mapped(intake.maps, path, cells)
        return domain

    def mapped(self, maps, path, cells):
        if path[1:] not in maps:
            return frozenset([ABSENT]) if self.space.optional[path] == [path] else cells
        return frozenset([maps[path[1:]].value]) if maps[path[1:]] else cells

    def present(self, state, domain):
        """What is known of work that stands here: what is read has a value, or else that is B501."""
        return domain | {path: self.read_as_present(path, domain[path]) for path in self.required(state)}

    def leaving(self, state, domain):
        """What is known where arrows start: what the state makes is not."""
        domain = {p: frozenset(self.space.cells[p]) if p[0] in state.written() else c for p, c in domain.items()}
        if DECISION in domain:
            domain[DECISION] = frozenset(option for option, _ in state.options)
        return domain

    def required(self, state):
        """The compared paths on which nothing may be absent here."""
        reads = [read.path for read in state.reads() if not read.lenient]
        return {path[:length] for path in reads for length in range(1, len(path) + 1)} & self.space.cells.keys()

    def read_as_present(self, path, cells):
        return cells - {ABSENT} or frozenset(self.space.cells[path]) - {ABSENT}

    def arriving(self, state, arrow, domain):
        """What is known where this arrow ends, or None if it is never taken."""
        domain = self.leaving(state, self.present(state, domain))
        if arrow.kind == "handoff":
            guard = self.guard(state, arrow)
            if not self.decide.some(guard, domain):
                return None
            domain = self.decide.narrow(guard, domain)
        if arrow.carry is not None:
            kept = [DECISION[0], *(field for field, _ in arrow.carry)]
            domain = {p: c if p[0] in kept else frozenset(self.space.cells[p]) for p, c in domain.items()}
        return domain | ({DECISION: frozenset(self.space.cells[DECISION])} if DECISION in domain else {})

    def known_on_arrival(self):
        arrival, waiting = {}, []

        def arrive(name, domain):
            before = arrival.get(name)
            united = domain if before is None else {p: before[p] | domain[p] for p in domain}
            if united != before:
                arrival[name] = united
                waiting.append(name)

        for intake in self.flow.intakes:
            arrive(intake.target[0], self.start(intake))
        while waiting:
            state = self.flow.states[waiting.pop()]
            for arrow in state.arrows:
                domain = self.arriving(state, arrow, arrival[state.name])
                for target, _, _ in arrow.hops if domain is not None else []:
                    arrive(target, domain)
        return arrival

    def domain(self, state):
        """What is known where the state's arrows start; of a state that nothing reaches: its types."""
        known = self.arrival.get(state.name)
        return self.leaving(state, self.present(state, known) if known else self.space.everything())

    def possible(self, edge):
        state = self.flow.states[edge.source]
        if edge.arrow.kind != "handoff":
            return True
        return self.decide.some(self.guard(state, edge.arrow), self.domain(state))

    @functools.cached_property
    def ways(self):
        """The hops that can be taken, by state."""
        return {name: [edge for edge in edges if self.possible(edge)] for name, edges in self.edges.items()}

    # One state by itself

    def structure(self):
        for state in self.flow.states.values():
            if state.receipt_absent:
                self.must.add(("B506", state.at))
            if state.is_end() or state.kind == "wait":
                continue
            kinds = {arrow.kind: arrow for arrow in state.arrows}
            if "handoff" not in kinds:
                self.missing("B303", state.at, state)
            if "failure" not in kinds:
                self.missing("B308", state.at, state)
            deadline = kinds["deadline"]
            if deadline.time is None:
                self.missing("B401", state.at, state)
            elif not deadline.hops:
                self.missing("B401", deadline.at, state)
            elif "accept" in kinds and kinds["accept"].time >= deadline.time:
                self.must.add(("B402", kinds["accept"].at))
                self.may.add(("B402", deadline.at))

    def missing(self, code, at, state):
        self.must.add((code, at))
        self.open.add(state.name)

    def guards(self):
        for state in self.flow.states.values():
            arrows = state.handoffs()
            for arrow in arrows:
                if arrow.guard is None and not arrow.otherwise:
                    self.missing("B201", arrow.at, state)
            if len(arrows) == 1 and arrows[0].otherwise:
                self.missing("B204", arrows[0].guard_at, state)
            elif arrows and all(arrow.guard or arrow.otherwise for arrow in arrows):
                self.thresholds(state, arrows)

    def thresholds(self, state, arrows):
        domain = self.domain(state)
        never = [a for a in arrows if not self.decide.some(self.guard(state, a), domain)]
        self.must |= {("B202", arrow.guard_at) for arrow in never}
        for index, arrow in enumerate(arrows):
            others = [] if arrow.otherwise else [other.guard for other in arrows[:index] if other.guard is not None]
            if any(self.decide.some(("all", (other, arrow.guard)), domain) for other in others):
                self.must.add(("B302", arrow.guard_at))
        if not any(arrow.otherwise for arrow in arrows):
            self.gap(state, complement(arrow.guard for arrow in arrows), domain, never)

    def gap(self, state, rest, domain, never):
        """Options that nobody takes, and a gap in what else there is. Beside a guard that is never true neither is told."""
        taken = [option for option, _ in state.options if self.takes(state, option, domain)]
        found = {("B601", at) for option, at in state.options if option not in taken}
        if state.options:
            domain = domain | {DECISION: frozenset(taken)}
        if self.decide.some(rest, domain):
            found.add(("B301", state.at))
        if found:
            self.open.add(state.name)
        if not never:
            self.must |= found

    def takes(self, state, option, domain):
        guards = ("any", tuple(arrow.guard for arrow in state.handoffs()))
        return self.decide.some(guards, domain | {DECISION: frozenset([option])})

    # Ways and circles

    def closure(self, names, edges):
        found, waiting = set(names), list(names)
        while waiting:
            for edge in edges.get(waiting.pop(), []):
                if edge.target not in found:
                    found.add(edge.target)
                    waiting.append(edge.target)
        return found

    def put(self, code, at, sure):
        (self.must if sure else self.may).add((code, at))

    def reached(self):
        states = self.flow.states
        successes = {name for name, state in states.items() if state.kind == "success"}
        lost = {i.target[0] for i in self.flow.intakes if not successes & self.closure([i.target[0]], self.ways)}
        for target in lost:
            doors = [intake.at for intake in self.flow.intakes if intake.target[0] == target]
            self.put("B306", doors[0], not self.open & self.closure([target], self.ways))
            self.may |= {("B306", at) for at in doors[1:]} if len(doors) > 1 and len(lost) > 1 else set()
        unreached = [name for name in states if name not in self.arrival]
        for circle in self.first_of(unreached):
            sure = not self.open - set(circle) and not (lost and circle[0] in successes)
            self.put("B304", states[circle[0]].at, sure)
        hopeless = {n for n in states if not states[n].is_end() and not successes & self.closure([n], self.ways)}
        behind = self.closure(lost, self.ways)
        for circle in self.last_of([name for name in states if name in hopeless]):
            onwards = self.closure(circle, self.ways)
            ends = any(states[name].is_end() for name in onwards)  # else it goes round for ever, which is B305
            sure = ends and circle[0] in self.arrival and not self.open & onwards
            if circle[0] not in behind or self.open & behind:  # else there is a B306
                self.put("B307", states[circle[0]].at, sure and circle[0] not in behind)

    def circles(self, names, edges):
        """The strongly connected components of these states, each in the order of the text."""
        within = {name: self.closure([name], edges) for name in names}
        found, seen = [], set()
        for name in names:
            if name not in seen:
                circle = [other for other in names if other in within[name] and name in within[other]]
                seen |= set(circle)
                found.append(circle)
        return found

    def restricted(self, names):
        return {name: [edge for edge in self.ways[name] if edge.target in names] for name in names}

    def first_of(self, names):
        """The circles (or single states) among these to which no other of them leads."""
        edges = self.restricted(names)
        led = [(edge.source, edge.target) for found in edges.values() for edge in found]
        return [c for c in self.circles(names, edges) if not any(t in c and s not in c for s, t in led)]

    def last_of(self, names):
        edges = self.restricted(names)
        return [c for c in self.circles(names, edges) if not any(e.target not in c for n in c for e in edges[n])]

    def bounded(self):
        """A circle without a counted arrow is told at one of its targets: `unbounded` has the places of each circle."""
        free = {name: [edge for edge in edges if edge.bound is None] for name, edges in self.ways.items()}
        self.unbounded = []
        for circle in self.circles(list(self.flow.states), free):
            places = {edge.at for name in circle for edge in free[name] if edge.target in circle}
            if places:
                self.unbounded.append(places)

    # Proofs

    def proofs(self):
        """Where arrows are missing or go round for ever, what is asked for follows from no repair yet."""
        missing = {code for code, _ in self.must} & {"B201", "B204", "B303", "B308", "B401"}
        for form, arguments, at in self.flow.proofs:
            if form in ("time", "cost", "visits") and self.endless():
                self.may.add(("B701", at))
            elif not getattr(self, f"proves_{form}")(arguments):
                self.put("B701", at, not missing or form == "decided")

    def endless(self):
        """Whether the work, or that of a flow which is called, may go round for ever."""
        called = {run[0] for state in self.flow.states.values() for run in state.runs}
        return bool(self.unbounded) or any(self.laws[name].endless() for name in called)

    def proves_time(self, limit):
        return self.worst.time() <= limit

    def proves_cost(self, limit):
        return self.worst.priced() and self.worst.cost() <= limit[0]

    def proves_visits(self, arguments):
        return self.worst.visits(arguments[1]) <= arguments[0]

    def proves_passes(self, arguments):
        target, passed = arguments
        edges = {name: [e for e in edges if not self.passes(e, passed)] for name, edges in self.ways.items()}
        return target not in self.closure([i.target[0] for i in self.flow.intakes], edges)

    def passes(self, edge, passed):
        if edge.arrow.kind not in ("handoff", "wait"):
            return False
        return any(name == edge.source and (option is None or self.implies(edge, option)) for name, option in passed)

    def implies(self, edge, option):
        state = self.flow.states[edge.source]
        other = ("all", (self.guard(state, edge.arrow), ("differs", DECISION, option)))
        return not self.decide.some(other, self.domain(state))

    def proves_only(self, arguments):
        target, guard = arguments
        for intake in self.flow.intakes:
            if intake.target[0] == target and self.decide.some(("not", guard), self.start(intake)):
                return False
        return all(self.known(edge, guard) for name in self.arrival for edge in self.ways[name] if edge.target == target)

    def known(self, edge, guard):
        state = self.flow.states[edge.source]
        taken = self.guard(state, edge.arrow) if edge.arrow.kind == "handoff" else ALWAYS
        if edge.arrow.carry is not None and self.fields(guard) - {field for field, _ in edge.arrow.carry}:
            return not self.decide.some(("not", guard), self.arriving(state, edge.arrow, self.arrival[state.name]))
        return not self.decide.some(("all", (taken, ("not", guard))), self.domain(state))

    def fields(self, guard):
        return {path[0] for path in self.space.related(guard)}

    def proves_decided(self, arguments):
        owner = self.owner(arguments[0])
        return all(self.owner(other) != owner for other in arguments[1])

    def owner(self, name):
        actor = self.file.actors[self.flow.states[name].owner]
        return actor.kind, actor.binding
