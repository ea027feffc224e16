"""Reads `.flow` text into plain data, by the language's description alone: no code is shared with the compiler.

It reads what the other files of this folder write and what `examples/` holds. What it can't make sense of is
`Rejected`: an unknown name, a missing clause, a value that does not fit. Places are offsets into the text.
"""

import dataclasses
import re
from fractions import Fraction

TOKEN = re.compile(
    r"""(?P<gap>\s+|//[^\n]*)|(?P<text>"(?:\\.|[^"\\\n])*")|(?P<number>-?\d[\d_]*(?:\.\d+)?(?:%|[A-Za-z][A-Za-z0-9]*)?)
    |(?P<name>[A-Za-z_]\w*)|(?P<sign>->|\.\.<|\.\.|<=|>=|==|!=|[{}()\[\],:?=<>.])""",
    re.VERBOSE,
)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
BINDINGS = {"model": "uses", "script": "runs", "action": "calls", "human": "contact", "queue": "name"}
COMPARISONS = {"is": "is", "==": "is", "!=": "differs", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
ALWAYS = ("all", ())


class Rejected(Exception):
    """The text is no flow: what is wrong is the message."""


@dataclasses.dataclass(frozen=True)
class Type:
    """`base` is text, url, bool, int, number, percent, duration, money, date, list, enum or asset; `name` is the enum,
    the asset, or the currency; the ends of the range are inclusive, but for an upper one that is `open`."""

    base: str
    optional: bool = False
    low: Fraction | None = None
    high: Fraction | None = None
    name: str = ""
    open: bool = False


@dataclasses.dataclass(frozen=True)
class Literal:
    kind: str  # number, percent, duration, text, bool, name, or a currency
    value: object
    at: int


@dataclasses.dataclass(frozen=True)
class Read:
    """A place where a path is read; `lenient` accepts that it is absent."""

    path: tuple
    at: int
    lenient: bool = False


@dataclasses.dataclass
class Arrow:
    """One clause that moves work: its hops are (target, bound or None, place), the last one uncounted."""

    kind: str  # handoff, accept, deadline, failure, wait, intake
    at: int
    hops: list
    time: Fraction | None = None
    guard: tuple | None = None  # of a handoff; None where neither `when` nor `otherwise` stands
    guard_at: int = 0
    otherwise: bool = False
    reads: list = dataclasses.field(default_factory=list)
    carry: list | None = None  # of (field, place)
    carry_at: int = 0


@dataclasses.dataclass
class State:
    name: str
    kind: str  # state, approval, wait, call, success, failure
    at: int
    owner: str = ""
    asset: Read | None = None
    goal: str = ""
    needs: list = dataclasses.field(default_factory=list)
    shows: list = dataclasses.field(default_factory=list)
    makes: list = dataclasses.field(default_factory=list)
    options: list = dataclasses.field(default_factory=list)  # of (option, place)
    retries: int = 0
    runs: list = dataclasses.field(default_factory=list)  # of (flow, argument, given field)
    join: int | None = None  # None: all
    receipt: Read | None = None
    reason: str = ""
    receipt_absent: bool = False
    asks: bool = False
    duration: Fraction | None = None
    arrows: list = dataclasses.field(default_factory=list)

    def handoffs(self):
        return [arrow for arrow in self.arrows if arrow.kind == "handoff"]

    def written(self):
        """The fields that a handoff assigns."""
        return [field for field, _ in self.makes] + [given for _, _, given in self.runs if given]

    def is_end(self):
        return self.kind in ("success", "failure")

    def reads(self):
        """What is read on arrival, in the order of the text."""
        found = [r for r in [self.asset, self.receipt] if r] + self.needs + self.shows + [a for _, a, _ in self.runs]
        return sorted(found, key=lambda read: read.at)


@dataclasses.dataclass
class Intake:
    field: str
    at: int
    source: str | None
    target: tuple
    maps: dict | None  # path of the asset -> Literal, or None for a raw one


@dataclasses.dataclass
class Flow:
    name: str
    at: int
    context: dict = dataclasses.field(default_factory=dict)
    intakes: list = dataclasses.field(default_factory=list)
    defaults: dict = dataclasses.field(default_factory=dict)
    states: dict = dataclasses.field(default_factory=dict)
    proofs: list = dataclasses.field(default_factory=list)  # of (form, arguments, place)


@dataclasses.dataclass
class Actor:
    kind: str
    binding: str | None
    responds: Fraction | None
    costs: tuple | None  # (amount, currency)


@dataclasses.dataclass
class File:
    enums: dict = dataclasses.field(default_factory=dict)
    assets: dict = dataclasses.field(default_factory=dict)
    actors: dict = dataclasses.field(default_factory=dict)
    thresholds: dict = dataclasses.field(default_factory=dict)  # name -> unresolved guard
    flows: dict = dataclasses.field(default_factory=dict)
    clauses: list = dataclasses.field(default_factory=list)  # of (what, start, end): everything that can be taken away

    def type_of(self, flow, path):
        """The types along a path: of its first name, of its first two, ..."""
        types, members = [], flow.context
        for name in path:
            if members is None or name not in members:
                raise Rejected(f"no field {'.'.join(path)}")
            types.append(members[name])
            members = self.assets.get(members[name].name) if members[name].base == "asset" else None
        return types


def read(text, used=lambda name: None):
    """The file of this text; `used(name)` is the text of a file that it uses."""
    parser = Parser(text, used)
    parser.file_members()
    for flow in parser.file.flows.values():
        Resolver(parser.file, flow).run()
    return parser.file


class Parser:
    def __init__(self, text, used):
        self.text, self.used, self.file, self.tokens, self.i = text, used, File(), [], 0
        at = 0
        while at < len(text):
            found = TOKEN.match(text, at)
            if not found:
                raise Rejected(f"strange text at {at}")
            if found.lastgroup != "gap":
                self.tokens.append((found.lastgroup, found.group(), at))
            at = found.end()

    # Tokens

    @property
    def word(self):
        return self.tokens[self.i][1] if self.i < len(self.tokens) else ""

    @property
    def kind(self):
        return self.tokens[self.i][0] if self.i < len(self.tokens) else ""

    @property
    def at(self):
        return self.tokens[self.i][2] if self.i < len(self.tokens) else len(self.text)

    @property
    def end(self):
        """Where the token before this one ends."""
        _, word, at = self.tokens[self.i - 1]
        return at + len(word)

    def take(self, *words):
        if self.word in words and self.kind != "text":
            self.i += 1
            return True
        return False

    def expect(self, *words):
        for word in words:
            if not self.take(word):
                raise Rejected(f"`{word}` is due, not `{self.word}` at {self.at}")

    def of(self, kind):
        if self.kind != kind:
            raise Rejected(f"a {kind} is due, not `{self.word}` at {self.at}")
        self.i += 1
        return self.tokens[self.i - 1][1]

    def name(self):
        return self.of("name")

    def list_of(self, item):
        """Items with commas between; of two and more, each can be taken away, with its comma."""
        found, spans = [], []
        while True:
            began = self.at
            found.append(item())
            spans.append((began, self.end))
            if not self.take(","):
                break
        for index, (began, end) in enumerate(spans if len(spans) > 1 else []):
            cut = (spans[index - 1][1], end) if index else (began, spans[1][0])
            self.file.clauses.append(("item", *cut))
        return found

    def clause(self, what, began):
        self.file.clauses.append((what, began, self.end))

    # Declarations

    def file_members(self):
        while self.kind:
            began, what = self.at, self.name()
            getattr(self, f"declare_{what}", self.unknown)()
            self.clause(what, began)

    def unknown(self):
        raise Rejected(f"unknown word before {self.at}")

    def declare_use(self):
        text = self.used(self.of("text")[1:-1])
        if text is None:
            raise Rejected("no such file")
        other = Parser(text, self.used)
        other.file_members()
        for mine, theirs in zip(tables(self.file), tables(other.file)):
            mine.update(theirs)

    def declare_enum(self):
        name = self.new(self.file.enums)
        self.expect("{")
        self.file.enums[name] = self.list_of(self.name)
        self.expect("}")

    def new(self, table):
        name = self.name()
        if name in table:
            raise Rejected(f"{name} is there twice")
        return name

    def declare_asset(self):
        name = self.new(self.file.assets)
        self.file.assets[name] = self.fields()

    def fields(self):
        fields = {}
        self.expect("{")
        while not self.take("}"):
            began, name = self.at, self.new(fields)
            self.expect(":")
            fields[name] = self.type()
            self.take(",")
            self.clause("field", began)
        if not fields:
            raise Rejected("no field")
        return fields

    def type(self, member=False):
        """A type; the `?` behind a list's belongs to the list."""
        base = self.name()
        low = high = None
        name, half = "", False
        if base in ("text", "list"):
            if self.take("max"):
                self.of("number")
            if base == "list":
                self.expect("of")
                self.type(member=True)
        elif base in ("int", "number"):
            if self.kind == "number":
                low = Fraction(self.of("number").replace("_", ""))
                half = self.take("..<")
                self.expect(*([] if half else [".."]))
                high = Fraction(self.of("number").replace("_", ""))
                if low > high or half and low == high:
                    raise Rejected("an empty range")
                if half and base == "int":
                    half, high = False, high - 1
        elif base == "money":
            name = self.name()
        elif base not in ("url", "bool", "percent", "duration", "date"):
            base, name = "named", base
        if base in ("percent", "duration", "money"):
            low, high = Fraction(0), Fraction(100) if base == "percent" else None
        return Type(base, not member and self.take("?"), low, high, name, half)

    def declare_actor(self):
        name = self.new(self.file.actors)
        self.expect(":")
        actor = Actor(self.name(), None, None, None)
        self.expect("{")
        while not self.take("}"):
            began, what = self.at, self.name()
            if what == "responds":
                self.expect("within")
                actor.responds = self.duration()
            elif what == "costs":
                price = self.literal()
                actor.costs = (price.value, price.kind)
            elif what == BINDINGS[actor.kind]:
                actor.binding = self.of("text")
            else:
                raise Rejected(f"{what} of an actor")
            self.clause(f"actor's {what}", began)
        if actor.binding is None:
            raise Rejected("an actor without binding")
        self.file.actors[name] = actor

    def declare_threshold(self):
        name = self.new(self.file.thresholds)
        self.expect(":")
        self.file.thresholds[name] = self.guard()[0]

    # Literals

    def literal(self):
        at = self.at
        if self.kind == "text":
            return Literal("text", self.of("text")[1:-1], at)
        if self.kind == "name":
            word = self.name()
            return Literal("bool", word == "true", at) if word in ("true", "false") else Literal("name", word, at)
        word = self.of("number").replace("_", "")
        if word.endswith("%"):
            return Literal("percent", Fraction(word[:-1]), at)
        if word[-1].isalpha():
            return Literal("duration", seconds(word), at)
        line = "\n" not in self.text[at : self.at]
        if line and self.kind == "name" and re.fullmatch("[A-Z]{3}", self.word):
            return Literal(self.name(), Fraction(word), at)
        return Literal("number", Fraction(word), at)

    def duration(self):
        literal = self.literal()
        if literal.kind != "duration" or not literal.value:
            raise Rejected(f"no duration at {literal.at}")
        return literal.value

    def count(self):
        number = int(self.of("number"))
        self.take("times", "time")
        return number

    # Guards: nested tuples whose leaves are (operator, path, Literals ...), or ("bare", path)

    def guard(self):
        """A guard as it is written, and the reads in it."""
        reads = []
        return self.alternatives(reads), reads

    def alternatives(self, reads):
        found = [self.conjunction(reads)]
        while self.take("or"):
            found.append(self.conjunction(reads))
        return ("any", tuple(found)) if len(found) > 1 else found[0]

    def conjunction(self, reads):
        found = [self.negation(reads)]
        while self.take("and"):
            found.append(self.negation(reads))
        return ("all", tuple(found)) if len(found) > 1 else found[0]

    def negation(self, reads):
        if self.take("not"):
            return ("not", self.negation(reads))
        if self.take("("):
            inner = self.alternatives(reads)
            self.expect(")")
            return inner
        return self.atom(reads)

    def atom(self, reads):
        at, path = self.at, self.path()
        reads.append(Read(path, at))
        if self.take("in"):
            if self.take("{"):
                values = self.list_of(self.literal)
                self.expect("}")
                return ("in", path, *values)
            low = self.literal()
            half = self.word == "..<"
            self.expect(self.word if half else "..")
            return ("half" if half else "within", path, low, self.literal())
        if self.word in COMPARISONS:
            operator = COMPARISONS[self.word]
            self.i += 1
            if operator == "is" and self.take("not"):
                operator = "differs"
            if operator in ("is", "differs") and self.word in ("present", "absent"):
                positive = (self.word == "present") == (operator == "is")
                self.i += 1
                return ("present", path) if positive else ("not", ("present", path))
            return (operator, path, self.literal())
        return ("bare", path)

    def path(self):
        path = [self.name()]
        while self.take("."):
            path.append(self.name())
        return tuple(path)

    # Flows

    def declare_flow(self):
        flow = Flow(self.new(self.file.flows), self.end)
        self.expect("{")
        while not self.take("}"):
            began, what = self.at, self.name()
            getattr(self, f"flow_{what}", self.not_of_a_flow)(flow)
            self.clause(what, began)
        self.file.flows[flow.name] = flow

    def not_of_a_flow(self, _flow):
        self.unknown()

    def flow_context(self, flow):
        flow.context = self.fields()

    def flow_default(self, flow):
        at, what = self.at, self.name()
        time = self.duration() if self.kind == "number" else None
        hops = self.hops("->" if what == "failure" else "else")
        flow.defaults[what] = Arrow(what, at, hops, time)

    def hops(self, first):
        """What follows `first`, if it stands here: `S at most N times else -> T ...`."""
        if not self.take(first):
            return []
        if first == "else":
            self.expect("->")
        hops = []
        while True:
            at, target = self.at, self.name()
            if not self.take("at"):
                return [*hops, (target, None, at)]
            began = self.tokens[self.i - 1][2]
            self.expect("most")
            hops.append((target, self.count(), at))
            self.expect("else", "->")
            self.file.clauses.append(("bound", began, self.tokens[self.i][2] + len(self.word)))

    def flow_intake(self, flow):
        at, field = self.at, self.name()
        source = self.of("text") if self.take("from") else None
        self.expect("->")
        target = (self.at, self.name())
        maps = None
        if self.take("{"):
            maps = {}
            while not self.take("}"):
                began = self.at
                self.expect("map")
                name = self.path()
                self.expect("=")
                maps[name] = self.raw() if self.word == "raw" else self.literal()
                self.clause("map", began)
        flow.intakes.append(Intake(field, at, source, target[::-1], maps))

    def raw(self):
        self.expect("raw")
        while self.word in (".", "["):
            if self.take("."):
                self.name()
            else:
                self.expect("[")
                self.of("text")
                self.expect("]")

    def flow_state(self, flow, kind="state"):
        at = self.at
        state = State(self.new(flow.states), kind, at)
        if kind == "end":
            self.expect(":")
            state.kind = self.name()
        flow.states[state.name] = state
        self.expect("{")
        while not self.take("}"):
            began, what = self.at, self.name()
            getattr(self, f"clause_{what}", self.not_of_a_flow)(state)
            self.clause(what, began)

    def flow_approval(self, flow):
        self.flow_state(flow, "approval")

    def flow_wait(self, flow):
        self.flow_state(flow, "wait")

    def flow_call(self, flow):
        self.flow_state(flow, "call")

    def flow_end(self, flow):
        self.flow_state(flow, "end")

    def flow_prove(self, flow):
        at = self.tokens[self.i - 1][2]
        flow.proofs.append((*self.proof(), at))

    def flow_scenario(self, _flow):
        self.of("text")
        self.expect("{")
        while not self.take("}"):
            self.i += 1

    # Clauses

    def clause_owner(self, state):
        state.owner = self.name()

    def clause_asset(self, state):
        state.asset = self.reading()

    def clause_goal(self, state):
        state.goal = self.of("text")

    def clause_asks(self, state):
        state.asks = bool(self.of("text"))

    def clause_reason(self, state):
        state.reason = self.of("text")

    def reading(self):
        at, path = self.at, self.path()
        return Read(path, at, self.take("?"))

    def placed(self):
        at = self.at
        return self.name(), at

    def clause_needs(self, state):
        state.needs = self.list_of(self.reading)

    def clause_shows(self, state):
        state.shows = self.list_of(self.reading)

    def clause_makes(self, state):
        state.makes = self.list_of(self.placed)

    def clause_options(self, state):
        state.options = self.list_of(self.placed)
        if len(state.options) < 2:
            raise Rejected("one option")

    def clause_receipt(self, state):
        state.receipt = self.reading()

    def clause_retry(self, state):
        state.retries = self.count()
        self.expect("every")
        self.duration()

    def clause_runs(self, state):
        callee = self.name()
        self.expect("(")
        argument = self.reading()
        self.expect(")")
        given = self.name() if self.take("gives") else None
        state.runs.append((callee, argument, given))

    def clause_join(self, state):
        state.join = None if self.take("all") else 1 if self.take("any") else int(self.of("number"))

    def clause_for(self, state):
        at, time = self.at, self.duration()
        state.arrows.append(Arrow("wait", at, self.hops("->"), time))

    def timed(self, state, kind):
        at = self.at
        time = self.duration() if self.kind == "number" else None
        state.arrows.append(Arrow(kind, at, self.hops("else"), time))

    def clause_accept(self, state):
        self.timed(state, "accept")

    def clause_deadline(self, state):
        self.timed(state, "deadline")

    def clause_failure(self, state):
        state.arrows.append(Arrow("failure", self.at, self.hops("->")))

    def clause_handoff(self, state):
        arrow = Arrow("handoff", self.tokens[self.i - 1][2], [])
        self.expect("->")
        target, at = self.name(), self.tokens[self.i - 1][2]
        arrow.guard_at = self.at
        if self.take("otherwise"):
            arrow.otherwise = True
        elif self.take("when"):
            arrow.guard_at = self.at
            arrow.guard, arrow.reads = self.guard()
        began = self.at
        if self.take("at"):
            self.expect("most")
            count = self.count()
            arrow.hops = [(target, count, at), *self.hops("else")]
            self.clause("bound", began)
        else:
            arrow.hops = [(target, None, at)]
        if self.word == "carry":
            arrow.carry_at = self.at
            self.i += 1
            arrow.carry = self.list_of(self.placed)
            self.clause("carry", arrow.carry_at)
        state.arrows.append(arrow)

    # Proofs

    def proof(self):
        if self.take("ends"):
            self.expect("within")
            return "time", self.duration()
        if self.take("costs"):
            self.expect("at", "most")
            price = self.literal()
            return "cost", (price.value, price.kind)
        if self.take("at"):
            self.expect("most")
            count = int(self.of("number"))
            self.i += 1
            self.expect("to")
            return "visits", (count, self.name())
        if self.take("every"):
            self.expect("path", "to")
            target = self.name()
            self.expect("passes")
            passed = [self.passed()]
            while self.take("or"):
                passed.append(self.passed())
            return "passes", (target, passed)
        target = self.name()
        if self.take("only"):
            self.expect("if")
            return "only", (target, self.guard())
        self.expect("decided", "by", "other", "than")
        return "decided", (target, self.list_of(self.name))

    def passed(self):
        return self.name(), self.name() if self.take("with") else None


def paths(guard):
    """The paths of a guard, in the order of the text."""
    if guard[0] in ("all", "any"):
        return [path for part in guard[1] for path in paths(part)]
    return paths(guard[1]) if guard[0] == "not" else [guard[1]]


def tables(file):
    return file.enums, file.assets, file.actors, file.thresholds, file.flows


def seconds(word):
    parts = re.findall(r"(\d+(?:\.\d+)?)([a-z])", word)
    if "".join(a + b for a, b in parts) != word or any(unit not in SECONDS for _, unit in parts):
        raise Rejected(f"no duration: {word}")
    total = sum(Fraction(number) * SECONDS[unit] for number, unit in parts)
    return int(total) if total.denominator == 1 else total


class Resolver:
    """Gives every name of a flow its meaning: types, guards as values, arrows with what the defaults fill in."""

    def __init__(self, file, flow):
        self.file, self.flow = file, flow

    def run(self):
        self.types(self.flow.context)
        for fields in self.file.assets.values():
            self.types(fields)
        if not self.flow.intakes:
            raise Rejected("no intake")
        for intake in self.flow.intakes:
            self.intake(intake)
        for state in self.flow.states.values():
            self.state(state)
        self.flow.proofs = [self.proof(*proof) for proof in self.flow.proofs]

    def types(self, fields):
        for name, kind in fields.items():
            if kind.base == "named":
                base = "enum" if kind.name in self.file.enums else "asset"
                if base == "asset" and kind.name not in self.file.assets:
                    raise Rejected(f"no type {kind.name}")
                fields[name] = dataclasses.replace(kind, base=base)

    def intake(self, intake):
        kind = self.file.type_of(self.flow, (intake.field,))[0]
        self.target(intake.target[0])
        if intake.maps is not None:
            fields = self.file.assets.get(kind.name, {})
            for path, literal in intake.maps.items():
                types = self.file.type_of(self.flow, (intake.field, *path))
                if literal is not None:
                    self.value(types[-1], literal)
            if any(not f.optional and (name,) not in intake.maps for name, f in fields.items()):
                raise Rejected("an unmapped field")

    def target(self, name):
        if name not in self.flow.states:
            raise Rejected(f"no state {name}")

    def state(self, state):
        self.required(state)
        for read in state.reads():
            types = self.file.type_of(self.flow, read.path)
            if read.lenient and not types[-1].optional and not any(t.optional for t in types):
                raise Rejected(f"`?` on {read.path}, which is never absent")
        for field in state.written():
            if field not in self.flow.context:
                raise Rejected(f"no field {field}")
        for callee, _, given in state.runs:
            if callee not in self.file.flows:
                raise Rejected(f"no flow {callee}")
            if given and state.join not in (None, len(state.runs)) and not self.flow.context[given].optional:
                raise Rejected(f"{given} may be absent")
        self.fill(state)
        for arrow in state.arrows:
            self.arrow(state, arrow)

    def required(self, state):
        if state.owner not in self.file.actors:
            raise Rejected(f"{state.name} has no owner")
        if state.is_end():
            state.receipt_absent = state.kind == "success" and state.receipt is None
            if (state.kind == "failure") != bool(state.reason) or state.kind == "failure" and state.receipt:
                raise Rejected(f"{state.name} has a reason without failure, or the other way round")
            return
        if not state.asset or not state.goal:
            raise Rejected(f"{state.name} has no asset or no goal")
        if state.kind == "approval":
            if self.file.actors[state.owner].kind != "human":
                raise Rejected(f"{state.name} is not owned by a person")
            if not state.asks or not state.options:
                raise Rejected(f"{state.name} has no question or no options")
        if state.kind == "call" and not state.runs:
            raise Rejected(f"{state.name} runs nothing")
        if state.kind == "wait" and not state.arrows:
            raise Rejected(f"{state.name} has no time")

    def fill(self, state):
        """The deadline's and the failure's arrow, as state, actor and default give them together."""
        if state.is_end() or state.kind == "wait":
            return
        defaults = {k: d for k, d in self.flow.defaults.items() if not d.hops or d.hops[0][0] != state.name}
        kinds = {arrow.kind for arrow in state.arrows}
        if "failure" not in kinds and "failure" in defaults:
            state.arrows.append(dataclasses.replace(defaults["failure"]))
        own = next((a for a in state.arrows if a.kind == "deadline"), None)
        default = defaults.get("deadline", Arrow("deadline", state.at, []))
        responds = None if state.kind == "call" else self.file.actors[state.owner].responds
        if own is None:
            own = Arrow("deadline", default.at, [])
            state.arrows.append(own)
        own.time = own.time or responds or default.time
        own.hops = own.hops or default.hops
        state.duration = own.time

    def arrow(self, state, arrow):
        for target, bound, _ in arrow.hops:
            self.target(target)
            if bound is not None and bound < 1:
                raise Rejected("at most 0 times")
        if arrow.guard is not None:
            arrow.guard = self.guard(arrow.guard, state)
            arrow.reads = [read for written in arrow.reads for read in self.spelt_out(written)]
        for field, _ in arrow.carry or []:
            if field not in self.flow.context:
                raise Rejected(f"no field {field}")

    def spelt_out(self, read):
        """What is read where this stands in a guard: a threshold reads all that it is about."""
        name = read.path[0]
        if name in self.flow.context:
            return [read]
        if name not in self.file.thresholds or len(read.path) > 1:
            return []  # `decision` or `delivered`
        return [again for path in paths(self.file.thresholds[name]) for again in self.spelt_out(Read(path, read.at))]

    def guard(self, guard, state):
        """The guard with values for literals and thresholds written out."""
        operator = guard[0]
        if operator in ("all", "any"):
            return (operator, tuple(self.guard(part, state) for part in guard[1]))
        if operator == "not":
            return ("not", self.guard(guard[1], state))
        path = guard[1]
        if operator == "bare" and len(path) == 1 and path[0] not in self.flow.context:
            if path[0] == "delivered":
                return ALWAYS
            if path[0] not in self.file.thresholds:
                raise Rejected(f"no field or threshold {path[0]}")
            return self.guard(self.file.thresholds[path[0]], state)
        kind = self.decision(state) if path == ("decision",) else self.file.type_of(self.flow, path)[-1]
        if operator == "bare":
            if kind.base != "bool":
                raise Rejected(f"{path} is no bool")
            return ("is", path, True)
        return (operator, path, *(self.value(kind, literal, state) for literal in guard[2:]))

    def decision(self, state):
        if state is None or state.kind != "approval":
            raise Rejected("`decision` outside of an approval")
        return Type("decision")

    def value(self, kind, literal, state=None):
        """The literal as a value of this type."""
        due = {"int": "number", "url": "text", "enum": "name", "decision": "name", "money": kind.name}
        if literal.kind != due.get(kind.base, kind.base):
            raise Rejected(f"a {literal.kind} for a {kind.base}")
        members = {"enum": self.file.enums.get(kind.name), "decision": state and [o for o, _ in state.options]}
        if kind.base in members and literal.value not in members[kind.base]:
            raise Rejected(f"no value {literal.value}")
        if kind.base == "int" and literal.value.denominator != 1:
            raise Rejected(f"a fraction of an int: {literal.value}")
        below = kind.low is not None and literal.value < kind.low
        above = kind.high is not None and (literal.value > kind.high or kind.open and literal.value == kind.high)
        if (below or above) and kind.base in ("int", "number", "percent"):
            raise Rejected(f"{literal.value} is out of range")
        return literal.value

    def proof(self, form, arguments, at):
        if form == "visits":
            self.target(arguments[1])
        elif form == "passes":
            self.target(arguments[0])
            for state, option in arguments[1]:
                self.target(state)
                if option is not None and option not in [o for o, _ in self.flow.states[state].options]:
                    raise Rejected(f"no option {option}")
        elif form == "only":
            self.target(arguments[0])
            arguments = (arguments[0], self.guard(arguments[1][0], None))
        elif form == "decided":
            for state in (arguments[0], *arguments[1]):
                self.target(state)
        return form, arguments, at
