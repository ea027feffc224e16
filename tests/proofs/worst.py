"""The worst case of a flow: every way that can be taken may be, whatever the data; only the counts bind."""

import functools
import sys

sys.setrecursionlimit(100_000)


class Worst:
    """Longest walks over (state, how often each counted arrow was taken)."""

    def __init__(self, law):
        self.law, self.flow = law, law.flow
        self.counted = [e for edges in law.ways.values() for e in edges if e.bound is not None]
        self.place = {edge: index for index, edge in enumerate(self.counted)}
        self.none = (0,) * len(self.counted)
        circles = law.circles(list(law.flow.states), law.ways)
        self.circle = {name: index for index, circle in enumerate(circles) for name in circle}

    def size(self):
        """States times counts, of the largest circle."""
        sizes = dict.fromkeys(self.circle.values(), 0)
        for name, circle in self.circle.items():
            sizes[circle] += 1
        for edge in self.counted:
            sizes[self.circle[edge.source]] *= edge.bound + 1
        return max(sizes.values())

    def steps(self, name, counts):
        """The hops that this configuration offers: of each arrow the first that is not used up."""
        taken = set()
        for edge in self.law.ways[name]:
            if edge.index in taken:
                continue
            if edge.bound is None:
                taken.add(edge.index)
                yield edge, counts if self.circle[edge.source] == self.circle[edge.target] else self.none
            elif counts[self.place[edge]] < edge.bound:
                taken.add(edge.index)
                yield edge, self.counting(edge, counts)

    def counting(self, edge, counts):
        """The counts behind this edge. Out of a circle there is no way back, so that none is left that matters."""
        if self.circle[edge.source] != self.circle[edge.target]:
            return self.none
        at = self.place[edge]
        return (*counts[:at], counts[at] + 1, *counts[at + 1 :])

    def longest(self, weight):
        @functools.cache
        def rest(name, counts):
            return max(
                (weight(self.flow.states[name], edge.arrow) + rest(edge.target, after) for edge, after in self.steps(name, counts)),
                default=weight(self.flow.states[name], None),
            )

        return max(rest(intake.target[0], self.none) for intake in self.flow.intakes)

    def time(self):
        return self.longest(lambda state, arrow: duration(state, arrow))

    def visits(self, name):
        return self.longest(lambda state, _: int(state.name == name))

    def cost(self):
        return self.longest(lambda state, _: self.price(state))

    def price(self, state):
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
    if arrow is None:
        return 0
    return arrow.time if arrow.kind in ("accept", "wait") else state.duration or 0
