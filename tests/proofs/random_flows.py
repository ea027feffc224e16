"""Random flows as `.flow` text: three to seven states of all kinds, every kind of arrow, most of it sound."""

import random

HEAD = """enum Level { low, high }
asset Item { name: text max 80, size: int 0..9, tag: Level? }
asset Doc { body: text max 80, good: bool }
asset Fact { sure: bool }
actor m: model { uses "m" responds within 5m costs 0.10 USD }
actor n: model { uses "n" }
actor s: script { runs "s" costs 0.03 USD }
actor q: queue { name "q" responds within 2h }
actor h: human { contact "h@example.com" costs 2 USD }
actor i: human { contact "i@example.com" responds within 1h }
actor j: human { contact "h@example.com" }
"""

FIELDS = {
    "item": "Item",
    "doc": "Doc",
    "score": "number 0..1",
    "level": "Level",
    "note": "text max 80?",
    "fact": "Fact",
    "hint": "Fact?",
}
SPLITS = {
    "item": [("item.size >= 5", "item.size < 5"), ("item.tag is high", "not (item.tag is high)"), ("item.tag is present", None)],
    "doc": [("doc.good", "not doc.good"), ("doc.good", None)],
    "score": [("score >= 0.5", "score < 0.5"), ("score > 0.2", None), ("score in 0.2..<0.5", "score < 0.2", "score >= 0.5")],
    "level": [("level is low", "level is high"), ("level is not low", None)],
    "note": [("note is present", "note is absent"), ("note is present", None)],
    "fact": [("fact.sure", None), ("fact.sure", "not fact.sure")],
    "hint": [("hint is present", "hint is absent"), ("hint.sure", None)],
}
TIMES = ["30s", "5m", "1h", "90m", "1d", "2d12h"]


class Flow:
    def __init__(self, name, seed, callees, loose=0.02):
        self.random = random.Random(seed)
        self.name, self.callees = name, callees
        self.loose = loose  # the share of ways back that are not counted
        self.states = [f"s{index}" for index in range(self.random.choice([3, 4, 4, 5, 5, 6, 7]))]
        self.kinds = {state: self.kind() for state in self.states}
        self.founded = self.chance(0.85)  # the first state makes what the others read
        if self.founded:
            self.kinds["s0"] = "state"
        self.known = ["item"]

    def chance(self, share):
        return self.random.random() < share

    def kind(self):
        kinds = ["state"] * 6 + ["approval"] * 2 + ["wait"] + (["call"] * 2 if self.callees else [])
        return self.random.choice(kinds)

    def text(self):
        intakes = [self.intake(index) for index in range(1 + self.chance(0.3))]
        states = [self.state(index) for index in range(len(self.states))]
        if self.chance(0.3):
            self.random.shuffle(states)
        lines = ["context {", *(f"  {name}: {kind}" for name, kind in FIELDS.items()), "}"]
        lines += [*self.defaults(), *intakes, *(line for state in states for line in state)]
        receipt = "doc" if self.chance(0.9) else self.random.choice(list(FIELDS))
        lines += [f"end done: success {{ owner h receipt {receipt} }}", 'end lost: failure { owner h reason "r" }']
        return "\n".join([f"flow {self.name} {{", *("  " + line for line in lines), "}"]) + "\n"

    def defaults(self):
        deadline = "" if self.chance(0.05) else f"default deadline 2h else -> {self.chain('lost', 0.1)}"
        failure = "" if self.chance(0.03) else f"default failure -> {self.chain('lost', 0.1)}"
        return [deadline, failure]

    def intake(self, index):
        target = "s0" if self.chance(0.9) else self.random.choice(self.states)
        maps = ""
        if self.chance(0.3):
            maps = " {\n    map name = raw.n\n    map size = " + self.random.choice(["3", "7", "raw.z"]) + "\n  }"
        return f'intake item from "door{index}" -> {target}{maps}'

    def target(self, index):
        """A state further on, mostly."""
        if self.chance(0.3):
            return self.random.choice(self.states[: index + 1])
        further = self.states[index + 1 : index + 2] * 2 + self.states[index + 2 : index + 4]
        return self.random.choice([*further, *further, *further, "done", "lost"])

    def chain(self, target, share, further=()):
        """The target, or a count of it with what comes after."""
        hops = []
        while self.chance(share) and len(hops) < 2:
            hops.append(f"{target} at most {self.random.choice([1, 1, 2])} {'times' if self.chance(0.9) else 'time'} else -> ")
            target = self.random.choice([*further, "lost", "lost", "done"])
        return "".join(hops).replace("1 times", "1 time") + target

    def way(self, index):
        target = self.target(index)
        behind = target in self.states[: index + 1]
        if not behind or self.chance(self.loose):
            return self.chain(target, 0.08, self.states[index + 1 :])
        last = self.random.choice([*self.states[index + 1 :], "lost", "lost", "done"])
        return f"{target} at most {self.random.choice([1, 1, 2])} times else -> {last}"

    def state(self, index):
        name = self.states[index]
        kind = self.kinds[name]
        asset = self.random.choice(self.known) if self.chance(0.05) else self.random.choice(self.present())
        clauses = [f"asset {asset}", 'goal "g"', *getattr(self, f"a_{kind}")(index)]
        return [f"{kind} {name} {{", *("  " + clause for clause in clauses if clause), "}"]

    def present(self):
        """The fields that are likely to have a value here."""
        return [field for field in self.known if not FIELDS[field].endswith("?")]

    def needs(self):
        if self.chance(0.5):
            return ""
        field = self.random.choice(self.known) if self.chance(0.97) else self.random.choice(list(FIELDS))
        lenient = FIELDS[field].endswith("?") and self.chance(0.93)
        return f"needs {field}{'?' if lenient else ''}"

    def timed(self, index):
        """The clauses for silence and failure."""
        found = []
        if self.chance(0.3):
            found.append(f"deadline {self.random.choice(TIMES)} else -> {self.way(index)}")
        elif self.chance(0.2):
            found.append(f"deadline {self.random.choice(TIMES)}")
        if self.chance(0.25):
            found.append(f"failure -> {self.way(index)}")
        return found

    def carry(self):
        if self.chance(0.94):
            return ""
        return " carry " + ", ".join(self.random.sample(list(FIELDS), self.random.randint(4, len(FIELDS))))

    def handoffs(self, index, fields):
        field = self.random.choice(fields) if self.chance(0.9) else self.random.choice(self.known)
        guards = self.random.choice(SPLITS[field]) if self.chance(0.85) else ("delivered",)
        if self.chance(0.2) and len(guards) == 2:
            other = self.random.choice(SPLITS[self.random.choice(fields + self.known)])[0]
            guards = (f"{guards[0]} and {other}", f"{guards[0]} and not ({other})", *guards[1:])
        if self.chance(0.04):
            guards = guards[1:] if guards[1:] and guards[1] else guards
        return [self.handoff(index, guard) for guard in guards]

    def handoff(self, index, guard):
        return self.bounded(self.way(index), f"when {guard}" if guard else "otherwise") + self.carry()

    def bounded(self, way, condition):
        target, counted, rest = way.partition(" at most ")
        return f"handoff -> {target} {condition}{counted}{rest}"

    def makes(self, choose=True):
        fields = self.random.sample([f for f in FIELDS if f not in ("item", "fact")], self.random.randint(1, 2))
        if self.chance(0.1):
            fields.append("item")
        if choose and self.chance(0.5):
            fields.append("doc")
        return list(dict.fromkeys(fields))

    def made(self, fields):
        self.known = list(dict.fromkeys([*self.known, *fields]))

    def a_state(self, index):
        founds = self.founded and index == 0
        fields = ["doc", "score", "level", "note", "fact"] if founds else self.makes()
        owner = self.random.choice("mmsqhij" if self.chance(0.97) else "n")
        accept = f"accept 10s else -> {self.way(index)}" if self.chance(0.2) else ""
        retry = f"retry {self.random.randint(1, 2)} times every 1s" if self.chance(0.25) else ""
        clauses = [f"owner {owner}", self.needs(), f"makes {', '.join(fields)}", *([] if founds else [accept, *self.timed(index)])]
        clauses += [retry.replace("1 times", "1 time"), *self.handoffs(index, fields)]
        self.made(fields)
        return clauses

    def an_approval(self, index):
        options = ["yes", "no", "later"][: self.random.randint(2, 3)]
        makes = self.makes(False) if self.chance(0.5) else []
        shows = f"shows {self.random.choice(self.known if self.chance(0.1) else self.present())}" if self.chance(0.5) else ""
        accept = f"accept 10s else -> {self.way(index)}" if self.chance(0.3) else ""
        clauses = [f"owner {self.random.choice('hij')}", 'asks "q"', f"options {', '.join(options)}", shows, accept]
        clauses += [f"makes {', '.join(makes)}" if makes else "", *self.timed(index)]
        for option in options if self.chance(0.93) else options[1:]:
            clauses.append(self.handoff(index, f"decision is {option}"))
        if self.chance(0.05):
            clauses[-1] = self.handoff(index, None)
        self.made(makes)
        return clauses

    a_approval = an_approval

    def a_wait(self, index):
        further = self.random.choice([*self.states[index + 1 :], "lost"]) if self.chance(0.8) else self.way(index)
        return ["owner h", f"for {self.random.choice(TIMES)} -> {further}"]

    def a_call(self, index):
        callee = self.random.choice(self.callees)
        both = self.chance(0.3)
        runs = [f"runs {callee}(item) gives {'hint' if both else 'fact'}"]
        runs += [f"runs {self.random.choice(self.callees)}(item)"] if both else []
        field = "hint" if both else "fact"
        clauses = ["owner h", self.needs(), *runs, f"join {self.random.choice(['any', '1'])}" if both else "", *self.timed(index)]
        clauses += self.handoffs(index, [field])
        self.made([field])
        return clauses


def callee(name, seed):
    """A small flow for calls: it checks an item, and again, and gives a fact."""
    pick = random.Random(seed)
    again = f"-> work otherwise at most {pick.randint(1, 2)} times else -> lost".replace("1 times", "1 time")
    return f"""flow {name} {{
  context {{
    item: Item
    fact: Fact
  }}
  default failure -> lost
  intake item -> work
  state work {{
    owner {pick.choice("ms")}
    asset item
    goal "g"
    makes fact
    deadline {pick.choice(TIMES)} else -> lost
    handoff -> done when fact.sure
    handoff {again}
  }}
  end done: success {{ owner h receipt fact }}
  end lost: failure {{ owner h reason "r" }}
}}
"""


def file(seed):
    pick = random.Random(f"{seed}/callees")
    callees = [f"c{index}" for index in range(pick.choice([0, 1, 2]))]
    texts = [Flow("f", f"{seed}/f", callees).text(), *(callee(name, f"{seed}/{name}") for name in callees)]
    return HEAD + "".join(texts)


def with_proofs(text, law, seed):
    """The text with proofs of its first flow: each worst case exactly, and a little less than it."""
    pick = random.Random(f"{seed}/proofs")
    states, proofs = list(law.flow.states), []
    if not law.endless() and law.worst.size() < 20_000:
        time, cost = law.worst.time(), law.worst.cost()
        proofs += [f"ends within {max(time, 1)}s", f"costs at most {money(cost)} USD"]
        proofs += [f"ends within {time - 1}s"] if time > 1 else []
        proofs += [f"costs at most {money(cost * 100 - 1, 100)} USD"] if cost else []
        for state in pick.sample(states, 2):
            visits = law.worst.visits(state)
            proofs += [f"at most {n} visits to {state}" for n in {max(visits, 1), max(visits - 1, 1)}]
    proofs += [passes(law, pick, states) for _ in range(2)]
    proofs.append(f"{pick.choice(states)} only if {pick.choice(SPLITS[pick.choice(list(SPLITS))])[0]}")
    approvals = [state.name for state in law.flow.states.values() if state.kind == "approval"]
    if approvals:
        others = [name for name, state in law.flow.states.items() if not state.is_end()]
        proofs.append(f"{pick.choice(approvals)} decided by other than {', '.join(pick.sample(others, 2))}")
    head, body = text.split("flow f {\n", 1)
    return head + "flow f {\n" + "".join(f"  prove {proof}\n" for proof in proofs) + body


def money(amount, cents=1):
    whole = int(amount * 100 / cents)
    return f"{whole // 100}.{whole % 100:02}"


def passes(law, pick, states):
    passed = []
    for name in pick.sample([s for s in states if not law.flow.states[s].is_end()], pick.randint(1, 2)):
        options = [option for option, _ in law.flow.states[name].options]
        passed.append(f"{name} with {pick.choice(options)}" if options and pick.random() < 0.7 else name)
    return f"every path to {pick.choice(['done', 'done', *states])} passes {' or '.join(passed)}"
