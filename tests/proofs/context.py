"""Fields along the ways of a flow: assigned and made before they are read, read after they are carried."""


class Context:
    def __init__(self, law):
        self.law, self.flow, self.space = law, law.flow, law.space
        self.fields = frozenset(self.flow.context)
        self.optional = frozenset(name for name, kind in self.flow.context.items() if kind.optional)

    def run(self):
        self.later = self.backward(strict=True)
        self.assigned = self.forward(lambda intake: self.optional | {intake.field}, self.read_here)
        self.present = self.forward(lambda intake: frozenset(), self.required_here, forget=True)
        self.told = {name: frozenset(self.unassigned(name)) for name in self.assigned}
        self.made = self.forward(lambda intake: frozenset(), lambda state: self.told[state.name])
        self.receipts()
        self.carried()

    def forward(self, start, here=None, forget=False):
        """The fields that all ways to a state assign; `here` are those that count as assigned from a state on, and with them
        count those that a `carry` drops, which is told there. With `forget` these alone are followed, and what is made anew
        is not one of them any more."""
        found, waiting = {}, []

        def arrive(name, fields):
            united = found.get(name, self.fields) & fields
            if united != found.get(name):
                found[name] = united
                waiting.append(name)

        for intake in self.flow.intakes:
            arrive(intake.target[0], frozenset(start(intake)))
        while waiting:
            state = self.flow.states[waiting.pop()]
            fields = found[state.name] | (here(state) if here else frozenset())
            for edge in self.law.ways[state.name]:
                written = frozenset(state.written()) if edge.arrow.kind == "handoff" or forget else frozenset()
                after = fields - written if forget else fields | written
                arrive(edge.target, after | self.dropped(edge) if here else after)
        return found

    def required_here(self, state):
        """What has to be present on arrival: it is told once, and counts as present from there on."""
        return frozenset(read.path[0] for read in state.reads() if not read.lenient)

    def read_here(self, state):
        guards = [read for arrow in state.handoffs() for read in arrow.reads if read.path[0] not in state.written()]
        return frozenset(read.path[0] for read in state.reads() + guards)

    def unassigned(self, name):
        """The fields that are told to be unassigned, or absent, in this state."""
        state, assigned, told = self.flow.states[name], self.assigned[name], set()
        for read in state.reads():
            field = read.path[0]
            absent = not read.lenient and field not in self.present[name] and self.may_be_absent(name, read.path)
            if field not in told and (field not in assigned or absent):
                told.add(field)
                self.law.must.add(("B501", read.at))
        for read in [read for arrow in state.handoffs() for read in arrow.reads]:
            if read.path[0] not in assigned | told | set(state.written()):
                told.add(read.path[0])
                self.law.must.add(("B501", read.at))
        return told

    def may_be_absent(self, name, path):
        """Whether an optional on the path is not known to be present."""
        types = self.law.file.type_of(self.flow, path)
        nodes = [path[: i + 1] for i, kind in enumerate(types) if kind.optional]
        domain = self.law.arrival[name]
        for node in nodes:
            if node not in domain:
                return True
            if self.law.decide.some(("not", ("present", node)), domain):
                return True
        return False

    def receipts(self):
        for name, made in self.made.items():
            receipt = self.flow.states[name].receipt
            if receipt and receipt.path[0] in self.assigned[name] - made:
                told = ("B501", receipt.at) in self.law.must
                (self.law.may if told else self.law.must).add(("B506", receipt.at))

    # What is read later

    def backward(self, strict):
        """The fields that are read from each state on, before they are made anew."""
        live = {name: frozenset() for name in self.flow.states}
        changed = True
        while changed:
            changed = False
            for name, state in self.flow.states.items():
                found = {r.path[0] for r in state.reads() if not (strict and r.lenient)}
                for edge in self.law.ways[name]:
                    found |= self.along(state, edge, live)
                if found != live[name]:
                    live[name], changed = frozenset(found), True
        return live

    def along(self, state, edge, live):
        if edge.arrow.kind != "handoff":
            return live[edge.target]
        reads = {read.path[0] for arrow in state.handoffs() for read in arrow.reads}
        return (reads | live[edge.target]) - set(state.written())

    def left_out(self, edge):
        """What an explicit `carry` leaves out although it is read later."""
        if edge.arrow.carry is None:
            return frozenset()
        return self.later[edge.target] - {field for field, _ in edge.arrow.carry}

    def dropped(self, edge):
        """What is left out and was there, on some way."""
        written = self.flow.states[edge.source].written()
        return {field for field in self.left_out(edge) if field in written or self.ever(edge.source, field)}

    def carried(self):
        for name, edges in self.law.ways.items():
            for edge in edges:
                if self.left_out(edge):
                    self.law.put("B502", edge.arrow.carry_at, name in self.assigned and self.dropped(edge))

    def ever(self, name, field):
        """Whether some way to this state gives the field a value."""
        law = self.law
        starts = [intake.target[0] for intake in self.flow.intakes if intake.field == field]
        makers = [made for made in law.arrival if field in self.flow.states[made].written()]
        starts += [edge.target for maker in makers for edge in law.ways[maker] if edge.arrow.kind == "handoff"]
        return name in law.closure(starts, law.ways)
