"""The worst case of a flow: every way that can be taken may be, whatever the data; only the counts bind."""

import functools


class Worst:
    """Longest walks over configurations: (state, how often each counted arrow was taken)."""

    def __init__(self, law):
        self.law, self.flow = law, law.flow
        self.counted = [e for edges in law.ways.values() for e in edges if e.bound is not None]
        self.place = {edge: index for index, edge in enumerate(self.counted)}
        self.hops = {name: [(edge, self.place.get(edge)) for edge in edges] for name, edges in law.ways.items()}
        self.none = (0,) * len(self.counted)
        circles = law.circles(list(law.flow.states), law.ways)
        self.circle = {name: index for index, circle in enumerate(circles) for name in circle}
        self.price = functools.cache(self.price)

    def size(self):
        """States times counts, of the largest circle."""
        sizes = dict.fromkeys(self.circle.values(), 0)
        for name, circle in self.circle.items():
            sizes[circle] += 1
        for edge in self.counted:
            sizes[self.circle[edge.source]] *= edge.bound + 1
        return max(sizes.values())

    def steps(self, here):
        """The hops that this configuration offers: of each arrow the first that is not used up."""
        name, counts = here
        taken = None
        for index, (edge, at) in enumerate(self.hops[name]):
            if edge.index != taken and (at is None or counts[at] < edge.bound):
                taken = edge.index
                yield (name, index), (edge.target, self.counting(edge, at, counts))

    def counting(self, edge, at, counts):
        """The counts behind this edge. Out of a circle there is no way back, so that none is left that matters."""
        if self.circle[edge.source] != self.circle[edge.target]:
            return self.none
        return counts if at is None else (*counts[:at], counts[at] + 1, *counts[at + 1 :])

    @functools.cached_property
    def ordered(self):
        """All configurations with their steps, each behind those to which it leads."""
        starts = {(intake.target[0], self.none) for intake in self.flow.intakes}
        found, waiting, order = {}, [(here, False) for here in sorted(starts)], []
        while waiting:
            here, done = waiting.pop()
            if done:
                order.append((here, found[here]))
            elif here not in found:
                found[here] = list(self.steps(here))
                waiting.append((here, True))
                waiting += [(there, False) for _, there in found[here] if there not in found]
        return order

    def longest(self, weight):
        """The most that the weights of (state, arrow) add up to on a walk."""
        weights = {
            (name, index): weight(self.flow.states[name], edge.arrow)
            for name, hops in self.hops.items()
            for index, (edge, _) in enumerate(hops)
        }
        ends = {name: weight(state, None) for name, state in self.flow.states.items()}
        ways = tuple((e.source, e.target, e.bound, e.index) for hops in self.hops.values() for e, _ in hops)
        key = ways, tuple(weights.values()), tuple(ends.items()), tuple(intake.target[0] for intake in self.flow.intakes)
        if key not in self.law.decide.memory:
            self.law.decide.memory[key] = self.walk(weights, ends)
        return self.law.decide.memory[key]

    def walk(self, weights, ends):
        rest = {}
        for here, steps in self.ordered:
            rest[here] = max((weights[hop] + rest[there] for hop, there in steps), default=ends[here[0]])
        return max(rest[intake.target[0], self.none] for intake in self.flow.intakes)

    def time(self):
        return self.longest(duration)

    def visits(self, name):
        return self.longest(lambda state, _: int(state.name == name))

    def cost(self):
        return self.longest(lambda state, _: self.price(state.name))

    def price(self, name):
        """What a visit of this state costs."""
        state = self.flow.states[name]
        if state.kind == "call":
            return sum(self.law.laws[callee].worst.cost() for callee, _, _ in state.runs)
        costs = self.law.file.actors[state.owner].costs
        return costs[0] * (1 + state.retries) if costs and state.kind in ("state", "approval") else 0

    def priced(self):
        """Whether every model that the work can come to has a price."""
        for name in self.law.arrival:
            state = self.flow.states[name]
            actor = self.law.file.actors[state.owner]
            if state.kind == "state" and actor.kind == "model" and actor.costs is None:
                return False
            if not all(self.law.laws[callee].worst.priced() for callee, _, _ in state.runs):
                return False
        return True


def duration(state, arrow):
    """How long a visit takes that ends by this arrow."""
    if arrow is None:
        return 0
    return arrow.time if arrow.kind in ("accept", "wait") else state.duration or 0
