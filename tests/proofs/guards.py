"""What guards can tell apart, decided twice: by looking at one value of each cell, and by z3, which knows no cells.

A domain maps a path to the values it may have, each standing for the cell in which it lies: no constant of the flow
lies between it and the rest of its cell. `ABSENT` stands for a path that has no value.
"""

import contextlib
import functools
import itertools
from fractions import Fraction

import z3

from flow import ALWAYS

ABSENT = "absent"
SOME = "some value"
OTHER = "any other text"
NEVER = ("any", ())
DECISION = ("decision",)
NUMBERS = ("int", "number", "percent", "duration", "money")


def holds(guard, values):
    """Whether the guard holds of these values, which have one for each of its paths."""
    operator = guard[0]
    if operator == "all":
        return all(holds(part, values) for part in guard[1])
    if operator == "any":
        return any(holds(part, values) for part in guard[1])
    if operator == "not":
        return not holds(guard[1], values)
    value, constants = values[guard[1]], guard[2:]
    if value is ABSENT:
        return False
    match operator:
        case "present":
            return True
        case "is" | "in":
            return value in constants
        case "differs":
            return value not in constants
        case "<":
            return value < constants[0]
        case "<=":
            return value <= constants[0]
        case ">":
            return value > constants[0]
        case ">=":
            return value >= constants[0]
        case "within":
            return constants[0] <= value <= constants[1]
        case "half":
            return constants[0] <= value < constants[1]


def atoms(guard):
    """The guard's comparisons."""
    if guard[0] in ("all", "any"):
        return [atom for part in guard[1] for atom in atoms(part)]
    return atoms(guard[1]) if guard[0] == "not" else [guard]


def complement(guards):
    return ("not", ("any", tuple(guards)))


class Space:
    """All paths that a flow compares, their types, and one value for each of their cells."""

    def __init__(self, file, flow):
        self.file, self.flow = file, flow
        self.constants, self.optional, self.cells, self.kinds = {}, {}, {}, {}
        for state in flow.states.values():
            for arrow in state.handoffs():
                self.mention(arrow.guard or ALWAYS)
        for form, arguments, _ in flow.proofs:
            if form == "only":
                self.mention(arguments[1])
        for intake in flow.intakes:
            for path, literal in (intake.maps or {}).items():
                if literal and (intake.field, *path) in self.constants:
                    self.constants[intake.field, *path].add(literal.value)
        options = list(dict.fromkeys(option for state in flow.states.values() for option, _ in state.options))
        if options:
            self.constants.setdefault(DECISION, set())
        for path in list(self.constants):
            for length in range(1, len(path)) if path != DECISION else ():
                if file.type_of(flow, path[:length])[-1].optional:
                    self.constants.setdefault(path[:length], set())
        for path, constants in self.constants.items():
            self.kinds[path] = () if path == DECISION else tuple(file.type_of(flow, path))
            self.cells[path] = tuple(options) if path == DECISION else self.cut(path, constants)

    def mention(self, guard):
        for _, path, *constants in atoms(guard):
            self.constants.setdefault(path, set()).update(constants)

    def cut(self, path, constants):
        types = self.kinds[path]
        self.optional[path] = [path[: i + 1] for i, kind in enumerate(types) if kind.optional]
        absent = (ABSENT,) if self.optional[path] else ()
        return tuple(self.present_cells(types[-1], constants)) + absent

    def present_cells(self, kind, constants):
        if kind.base == "enum":
            return self.file.enums[kind.name]
        if kind.base == "bool":
            return [True, False]
        if kind.base in ("text", "url"):
            return [*sorted(constants), OTHER]
        return numbers(kind, constants) if kind.base in NUMBERS else [SOME]

    def related(self, guard):
        """The guard's paths, and those that an optional on the way ties to them."""
        paths = {atom[1] for atom in atoms(guard)}
        tied = {node for path in paths for node in self.optional.get(path, [])}
        return sorted(paths | {p for p in self.cells if tied & set(self.optional.get(p, []))})

    def combinations(self, domain):
        """Every way to give each of these paths one of its values."""
        found = [{}]
        for path in sorted(domain):  # what a path lies below stands before it
            found = self.extended(found, path, domain[path])
        return found

    def extended(self, found, path, cells):
        """With each of these values of the path that is consistent: it is absent exactly if an optional on its way is."""
        optional = self.optional.get(path, [])
        for values in found:
            for cell in cells:
                more = values | {path: cell}
                if not optional or (cell is ABSENT) == any(more[node] is ABSENT for node in optional):
                    yield more

    def everything(self):
        return {path: frozenset(cells) for path, cells in self.cells.items()}


def numbers(kind, constants):
    """One number for each constant and for each gap between them that holds one."""
    cuts = sorted(set(constants) | {end for end in (kind.low, kind.high) if end is not None})
    if not cuts:
        return [Fraction(0)]
    found = [] if kind.low is not None else [cuts[0] - 1]
    for low, high in itertools.pairwise(cuts):
        found.append(low)
        if kind.base != "int":
            found.append((low + high) / 2)
        elif high - low > 1:
            found.append(low + 1)
    if kind.high is None:
        return [*found, cuts[-1], cuts[-1] + 1]
    return found if kind.open else [*found, cuts[-1]]


class Cells:
    """Decides by trying every combination of cells."""

    def __init__(self, space, memory=None):
        self.space, self.memory = space, {} if memory is None else memory
        space.related = functools.cache(space.related)

    def remembered(self, what, guard, domain):
        """The answer to this question, which may have been asked before: of this flow, or of one that differs elsewhere."""
        asked = tuple((path, self.space.kinds[path], self.space.cells[path], domain[path]) for path in self.space.related(guard))
        key = what.__name__, guard, asked
        if key not in self.memory:
            self.memory[key] = what(guard, {path: cells for path, _, _, cells in asked})
        return self.memory[key]

    def some(self, guard, domain):
        """Whether some values satisfy the guard."""
        return self.remembered(self.satisfiable, guard, domain)

    def narrow(self, guard, domain):
        """The domain of each path by itself where the guard holds."""
        return domain | self.remembered(self.projected, guard, domain)

    def combinations(self, guard, domain):
        return (values for values in self.space.combinations(domain) if holds(guard, values))

    def satisfiable(self, guard, domain):
        return any(True for _ in self.combinations(guard, domain))

    def projected(self, guard, domain):
        found = {path: set() for path in domain}
        for values in self.combinations(guard, domain):
            for path, value in values.items():
                found[path].add(value)
        return {path: frozenset(values) for path, values in found.items()}


class Z3(Cells):
    """Decides by z3. What is known enters as intervals; types enter as they are declared.

    A flow has one solver, to which a question is lent until it is answered, and each term is made once.
    """

    def __init__(self, space, memory=None):
        super().__init__(space, memory)
        self.solver = z3.SimpleSolver()
        for term in ("variable", "present", "code", "known", "in_cell", "encode"):
            setattr(self, term, functools.cache(getattr(self, term)))

    def variable(self, path):
        base = self.base(path)
        name = ".".join(path)
        return z3.Real(name) if base in NUMBERS and base != "int" else z3.Int(name)

    def base(self, path):
        return "decision" if path == DECISION else self.space.kinds[path][-1].base

    def present(self, path):
        return z3.And([z3.Bool(".".join(node) + "?") for node in self.space.optional.get(path, [])])

    def code(self, path, value):
        """Numbers stand for themselves; members, texts and truth for their place among the cells."""
        if self.base(path) in NUMBERS:
            return z3.RealVal(value) if self.base(path) != "int" else z3.IntVal(int(value))
        return z3.IntVal(self.space.cells[path].index(value))

    def typed(self, path):
        variable = self.variable(path)
        if self.base(path) not in NUMBERS:
            members = [cell for cell in self.space.cells[path] if cell is not ABSENT]
            return z3.And(variable >= 0, variable < len(members))
        kind = self.space.kinds[path][-1]
        lower = [variable >= self.code(path, kind.low)] if kind.low is not None else []
        upper = [variable <= self.code(path, kind.high)] if kind.high is not None else []
        return z3.And(lower + upper + ([variable != self.code(path, kind.high)] if kind.open else []))

    def known(self, path, cells):
        """The path's value is of its type, and lies in one of the cells."""
        if len(cells) == len(set(self.space.cells[path])):
            return self.typed(path)
        return z3.And(self.typed(path), z3.Or([self.in_cell(path, cell) for cell in sorted(cells, key=repr)]))

    def in_cell(self, path, cell):
        if cell is ABSENT:
            return z3.Not(self.present(path))
        variable, here = self.variable(path), self.present(path)
        if self.base(path) not in NUMBERS or cell in self.space.constants[path]:
            return z3.And(here, variable == self.code(path, cell))
        constants = self.space.constants[path]
        below, above = [c for c in constants if c < cell], [c for c in constants if c > cell]
        lower = [variable > self.code(path, max(below))] if below else []
        upper = [variable < self.code(path, min(above))] if above else []
        return z3.And(here, *lower, *upper)

    def encode(self, guard):
        operator = guard[0]
        if operator in ("all", "any"):
            return (z3.And if operator == "all" else z3.Or)([self.encode(part) for part in guard[1]])
        if operator == "not":
            return z3.Not(self.encode(guard[1]))
        return z3.And(self.present(guard[1]), self.comparison(operator, guard[1], guard[2:]))

    def comparison(self, operator, path, constants):
        variable, codes = self.variable(path), [self.code(path, constant) for constant in constants]
        match operator:
            case "present":
                return z3.BoolVal(True)
            case "is" | "in":
                return z3.Or([variable == code for code in codes])
            case "differs":
                return variable != codes[0]
            case "<":
                return variable < codes[0]
            case "<=":
                return variable <= codes[0]
            case ">":
                return variable > codes[0]
            case ">=":
                return variable >= codes[0]
            case "within":
                return z3.And(variable >= codes[0], variable <= codes[1])
            case "half":
                return z3.And(variable >= codes[0], variable < codes[1])

    def assertions(self, guard, domain):
        """What values in the domain that satisfy the guard have to satisfy, as z3 is told."""
        return [*(self.known(path, cells) for path, cells in domain.items()), self.encode(guard)]

    @contextlib.contextmanager
    def asserted(self, *assertions):
        self.solver.push()
        self.solver.add(*assertions)
        yield
        self.solver.pop()

    def satisfied(self, *assertions):
        """Whether some values satisfy these assertions, and those that stand."""
        with self.asserted(*assertions):
            answer = self.solver.check()
        assert answer != z3.unknown, self.solver.reason_unknown()
        return answer == z3.sat

    def satisfiable(self, guard, domain):
        return self.satisfied(*self.assertions(guard, domain))

    def projected(self, guard, domain):
        with self.asserted(*self.assertions(guard, domain)):
            return {
                path: frozenset(cell for cell in cells if self.satisfied(self.in_cell(path, cell)))
                for path, cells in domain.items()
            }
