"""Random sets of guards as `.flow` text: each set is one state, or a chain of two, of a flow of its own."""

import random

HEAD = """enum Level { low, medium, high }
enum Kind { a, b, c, d }
asset Item { name: text max 80, size: int 0..9 }
asset Inner { level: Level?, share: percent, left: duration? }
asset Outer { inner: Inner?, count: int -3..3, paid: money USD? }
asset Note { body: text max 80 }
actor o: human { contact "o@example.com" }
"""

NUMBERS = {
    "int 1..5": ["1", "2", "3", "4", "5"],
    "int -2..2": ["-2", "-1", "0", "1", "2"],
    "int": ["-7", "0", "1", "2", "40"],
    "number 0..1": ["0", "0.25", "0.3", "0.5", "0.9", "1"],
    "number": ["-1.5", "0", "0.001", "3", "3.5"],
    "percent": ["0%", "12.5%", "50%", "70%", "100%"],
    "money EUR": ["0 EUR", "0.01 EUR", "10 EUR", "1_000 EUR"],
    "duration": ["0s", "90s", "1h", "1d12h", "2d"],
}
MEMBERS = {"Level": ["low", "medium", "high"], "Kind": ["a", "b", "c", "d"], "text max 9": ['"x"', '"y"', '"z"']}
BELOW_OUTER = {
    "inner.level": ("Level", True),
    "inner.share": ("percent", True),
    "inner.left": ("duration", True),
    "count": ("int -3..3", False),
    "paid": ("money USD", True),
}
CONSTANTS = NUMBERS | {
    "int -3..3": ["-3", "-1", "0", "2", "3"],
    "money USD": ["0 USD", "5 USD", "7.5 USD"],
}


class Guards:
    """Random guards over random fields."""

    def __init__(self, name, seed):
        self.name, self.random = name, random.Random(seed)
        self.thresholds = []  # as written
        self.fields = {}  # name -> type, as written
        self.paths = {}  # path -> (type, may be absent)

    def field(self, prefix):
        name = f"{prefix}{len(self.fields)}"
        kind = self.random.choice([*NUMBERS, *NUMBERS, *MEMBERS, *MEMBERS, "bool", "bool", "date", "list of url", "Outer"])
        optional = self.random.random() < 0.25
        self.fields[name] = kind + ("?" if optional else "")
        self.paths[name] = (kind, optional)
        if kind == "Outer":
            self.paths |= {f"{name}.{p}": (t, optional or absent) for p, (t, absent) in BELOW_OUTER.items()}
            self.paths[f"{name}.inner"] = ("Inner", True)
        return name

    def atom(self, fields):
        path = self.random.choice([p for p in self.paths if p.split(".")[0] in fields])
        kind, absent = self.paths[path]
        comparable = kind in CONSTANTS or kind in MEMBERS or kind == "bool"
        if not comparable or absent and self.random.random() < 0.3:
            return f"{path} is {self.random.choice(['present', 'absent', 'not present'])}"
        if kind == "bool":
            return path if self.random.random() < 0.8 else f"{path} is {self.random.choice(['true', 'false'])}"
        return self.members(path, MEMBERS[kind]) if kind in MEMBERS else self.numbers(path, CONSTANTS[kind])

    def members(self, path, members):
        if self.random.random() < 0.3:
            return f"{path} in {{{', '.join(self.random.sample(members, 2))}}}"
        return f"{path} {self.random.choice(['is', 'is', 'is not', '==', '!='])} {self.random.choice(members)}"

    def numbers(self, path, constants):
        choice = self.random.random()
        if choice < 0.25:
            low, high = sorted(self.random.sample(range(len(constants)), 2))
            return f"{path} in {constants[low]}{self.random.choice(['..', '..<'])}{constants[high]}"
        if choice < 0.3:
            return f"{path} in {{{', '.join(self.random.sample(constants, 2))}}}"
        operators = ["<", "<=", ">", ">=", "<", "<=", ">", ">=", "is", "is not"]
        return f"{path} {self.random.choice(operators)} {self.random.choice(constants)}"

    def guard(self, fields):
        """A guard, or the name of a threshold that is one."""
        guard = self.nested(fields, 2)
        if self.random.random() < 0.85:
            return guard
        name = f"{self.name}_t{len(self.thresholds)}"
        self.thresholds.append(f"threshold {name}: {guard}")
        return name

    def nested(self, fields, depth):
        choice = self.random.random()
        if depth == 0 or choice < 0.45:
            return self.atom(fields)
        if choice < 0.6:
            return f"not ({self.nested(fields, depth - 1)})"
        joined = [self.nested(fields, depth - 1) for _ in range(self.random.randint(2, 3))]
        return "(" + f" {self.random.choice(['and', 'or'])} ".join(joined) + ")"

    def partition(self, fields):
        """Guards that leave nothing out and never overlap, unless one of them is bent."""
        guards = [self.guard(fields)]
        guards.append(f"not ({guards[0]})")
        while self.random.random() < 0.5:
            split = self.atom(fields)
            last = guards.pop()
            guards += [f"{last} and {split}", f"{last} and not ({split})"]
        if self.random.random() < 0.25:
            guards[self.random.randrange(len(guards))] = self.guard(fields)
        return guards

    def guards(self, fields):
        """Some guards, as a state would have them; `None` is `otherwise`."""
        choice = self.random.random()
        if choice < 0.7:
            guards = self.partition(fields)
        else:
            guards = [self.guard(fields) for _ in range(self.random.randint(1, 4))]
        self.random.shuffle(guards)
        if choice < 0.25:
            guards[-1 if len(guards) > 1 else len(guards) :] = [None]
        return guards


def state(name, guards, targets, makes, options=()):
    approval = f'asks "q" options {", ".join(options)}' if options else ""
    head = f'  {"approval" if options else "state"} {name} {{ owner o asset item goal "g" {approval} makes {", ".join(makes)}'
    lines = [f"    handoff -> {t} {f'when {g}' if g else 'otherwise'}" for g, t in zip(guards, targets)]
    return "\n".join([head, *lines, "  }"])


def flow(name, seed):
    """A flow with one random set of guards, or two, the second of which knows what the first lets through."""
    made = Guards(name, seed)
    pick = made.random
    fields = [made.field("f") for _ in range(pick.randint(1, 3))]
    options = pick.sample(["yes", "no", "later"], pick.randint(2, 3)) if pick.random() < 0.25 else ()
    first = made.guards(fields)
    if options:
        first = decided(made, first, options)
    states = []
    if pick.random() < 0.5:
        states.append(state("one", first, [pick.choice(["done", "lost"]) for _ in first], [*fields, "note"], options))
    else:
        targets = ["two" if index % 2 == 0 else pick.choice(["done", "two"]) for index in range(len(first))]
        states.append(state("one", first, targets, [*fields, "note"], options))
        more = [made.field("g")] if pick.random() < 0.5 else []
        again = [pick.choice(fields)] if pick.random() < 0.3 else []
        second = made.guards(fields + more)
        states.append(state("two", second, [pick.choice(["done", "lost"]) for _ in second], [*more, *again, "note"]))
    pick.shuffle(states)
    return "\n".join([
        *made.thresholds,
        f"flow {name} {{",
        "  context {",
        *(f"    {field}: {kind}" for field, kind in ({"item": "Item", "note": "Note"} | made.fields).items()),
        "  }",
        "  default failure -> lost",
        "  default deadline 1h else -> lost",
        '  intake item from "s" -> one',
        *states,
        "  end done: success { owner o receipt note }",
        '  end lost: failure { owner o reason "r" }',
        "}",
    ])


def decided(made, guards, options):
    """The guards of an approval: mostly one option each, some with a condition."""
    pick, found = made.random, []
    for option in options:
        if pick.random() < 0.15:
            continue
        guard = pick.choice([g for g in guards if g] or ["delivered"])
        if pick.random() < 0.5:
            found.append(f"decision is {option}")
        else:
            found.append(f"decision is {option} and ({guard})")
            if pick.random() < 0.7:
                found.append(f"decision is {option} and not ({guard})")
    if pick.random() < 0.2:
        found.append("decision is not " + pick.choice(options))
    if pick.random() < 0.2:
        found.append(None)
    return found or [f"decision in {{{options[0]}, {options[1]}}}"]


def file(seed, numbers):
    """A file of the flows with these numbers."""
    return HEAD + "\n".join(flow(f"f{number}", f"{seed}/{number}") for number in numbers) + "\n"
