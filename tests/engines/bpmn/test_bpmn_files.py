"""The files of every example: read and linted without a word by the tools of their makers, drawn without overlaps, and
with conditions that say of all values what the plan says."""

import decimal
import itertools
import random
import subprocess

import pytest
from lxml import etree

import bpmn_builds as builds
import spiff
from bpmn_builds import EXAMPLES, MODULES
from spiff import MODEL

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"


def files(example):
    return sorted(builds.built(example).glob("*/*.bpmn"))


def test_moddle_and_bpmnlint_have_nothing_to_say():
    script = builds.ROOT / "tests" / "engines" / "bpmn" / "check.mjs"
    paths = [path for example in EXAMPLES for path in files(example)]
    done = subprocess.run(["node", script, *paths], capture_output=True, text=True, cwd=MODULES)
    assert done.returncode == 0, done.stdout + done.stderr


# ------------------------------------------------------------------------------------------------------- drawing


def boxes(document):
    """Each shape's element with its box."""
    found = {}
    for shape in document.iter(f"{DI}BPMNShape"):
        bounds = shape.find(f"{DC}Bounds")
        x, y, width, height = (float(bounds.get(name)) for name in ("x", "y", "width", "height"))
        found[shape.get("bpmnElement")] = (x, y, x + width, y + height)
    return found


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def within(a, b):
    return b[0] <= a[0] and a[2] <= b[2] and b[1] <= a[1] and a[3] <= b[3]


def drawing_faults(path):
    document = etree.parse(str(path))
    elements = {element.get("id"): element for element in document.iter() if element.get("id")}
    placed = boxes(document)
    lanes = {lane.get("id"): [n.text for n in lane.findall(f"{MODEL}flowNodeRef")] for lane in document.iter(f"{MODEL}lane")}
    nodes = {i: box for i, box in placed.items() if i not in lanes and elements[i].tag != f"{MODEL}participant"}
    holder = {i: elements[i].getparent().get("id") for i in nodes}
    hosts = {i: elements[i].get("attachedToRef") for i in nodes}
    faults = [f"{i} is not in its lane" for lane, held in lanes.items() for i in held if not within(placed[i], placed[lane])]
    for (a, first), (b, second) in near(nodes):
        if holder[a] == holder[b] and hosts[a] != b and hosts[b] != a and overlap(first, second):
            faults.append(f"{a} lies on {b}")
    faults += [f"{i} is not in {h}" for i, h in holder.items() if h in nodes and not within(nodes[i], nodes[h])]
    faults += [f"{a} lies on {b}" for a, b in itertools.combinations(lanes, 2) if overlap(placed[a], placed[b])]
    return faults + line_faults(document, elements, nodes, holder, hosts)


def near(nodes):
    """Pairs of boxes that share columns of 200 pixels."""
    cells = {}
    for i, box in nodes.items():
        for cell in range(int(box[0] // 200), int(box[2] // 200) + 1):
            cells.setdefault(cell, []).append((i, box))
    pairs = {(a[0], b[0]): (a, b) for held in cells.values() for a, b in itertools.combinations(held, 2)}
    return pairs.values()


def line_faults(document, elements, nodes, holder, hosts):
    """Lines are drawn at right angles, and cross no shape but those that they join."""
    faults = []
    cells = {}
    for i, box in nodes.items():
        for cell in range(int(box[0] // 200), int(box[2] // 200) + 1):
            cells.setdefault(cell, []).append(i)
    for line in document.iter(f"{DI}BPMNEdge"):
        flow = elements[line.get("bpmnElement")]
        ends = {flow.get("sourceRef"), flow.get("targetRef")}
        joined = ends | {hosts.get(end) for end in ends} | {i for i, host in hosts.items() if host in ends}
        points = [(float(p.get("x")), float(p.get("y"))) for p in line.iter(f"{DD}waypoint")]
        for (x, y), (to_x, to_y) in itertools.pairwise(points):
            if x != to_x and y != to_y:
                faults.append(f"{flow.get('id')} is slanted")
            piece = (min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y))
            around = {i for cell in range(int(piece[0] // 200), int(piece[2] // 200) + 1) for i in cells.get(cell, ())}
            crossed = [i for i in around - joined if holder[i] == flow.getparent().get("id") and crosses(piece, nodes[i])]
            faults += [f"{flow.get('id')} crosses {i}" for i in crossed]
    return faults


def crosses(piece, box):
    return piece[0] < box[2] and box[0] < piece[2] + 1e-9 and piece[1] < box[3] and box[1] < piece[3] + 1e-9


@pytest.mark.parametrize("example", EXAMPLES)
def test_nothing_is_drawn_on_anything_else(example):
    for path in files(example):
        assert drawing_faults(path) == [], path


def random_flow(seed):
    """A flow of random states and arrows that the compiler accepts: each state leads on, and back as often as it may."""
    rng = random.Random(seed)
    count = rng.randint(3, 30)
    owners = [f"owner_{n}" for n in range(rng.randint(1, 5))]
    lines = ["asset Thing { score: number 0..1 }"]
    lines += [f'actor {owner}: human {{ contact "{owner}@example.com" }}' for owner in owners]
    lines += ["flow random {", "  context { thing: Thing }", '  intake thing from "source" -> s0']
    for n in range(count):
        ahead = [f"s{m}" for m in range(n + 1, count)] or ["done"]
        low, high = rng.choice(ahead), ahead[0]  # so that work comes to every state
        late = [state for state in ahead if state != "done"] or ["failed"]  # no end before somebody has made something
        lines += [
            f"  state s{n} {{",
            f"    owner {rng.choice(owners)}",
            "    asset thing",
            '    goal "It is done"',
            "    makes thing",
            *(["    accept 1h else -> " + rng.choice(["failed", rng.choice(late)])] if rng.random() < 0.3 else []),
            "    deadline 1d else -> " + rng.choice(["failed", rng.choice(late)]),
            "    failure -> failed",
            f"    handoff -> s{rng.randint(0, n)} when thing.score < 0.3 at most {rng.randint(1, 3)} times else -> {low}",
            f"    handoff -> {high} otherwise",
            "  }",
        ]
    lines += [
        f"  end done: success {{ owner {owners[0]} receipt thing }}",
        f'  end failed: failure {{ owner {owners[0]} reason "No" }}',
        "}",
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(6))
def test_random_flows_are_drawn_as_well(seed, tmp_path):
    path = tmp_path / "random.flow"
    path.write_text(random_flow(seed))
    done = subprocess.run(
        [builds.BATON, "build", path, "--target", "bpmn", "--out", tmp_path / "out"], capture_output=True, text=True
    )
    assert (tmp_path / "out" / "generic").exists(), done.stdout + done.stderr
    for file in (tmp_path / "out").glob("*/*.bpmn"):
        assert drawing_faults(file) == []


# ---------------------------------------------------------------------------------------------------- conditions


def holds(guard, flow, values):
    """Whether a guard of the plan holds: the sense of docs/language.md, in other words than the compiler's."""
    kind, said = next(iter(guard.items())) if isinstance(guard, dict) else (guard, None)
    if kind in ("and", "or"):
        return (all if kind == "and" else any)(holds(part, flow, values) for part in said)
    if kind == "not":
        return not holds(said, flow, values)
    if kind == "threshold":
        return holds(flow["thresholds"][said]["guard"], flow, values)
    if kind == "delivered":
        return True
    value = at(said["names"] if kind == "true" else said["path"]["names"], values)
    if kind == "present":
        return (value is not None) == said["present"]
    if value is None:
        return False
    if kind == "true":
        return value is True
    if kind == "set":
        return any(same(value, constant) for constant in said["values"])
    if kind == "range":
        low, high = number(said["low"]), number(said["high"])
        return low <= number(value) and (number(value) < high if said["open"] else number(value) <= high)
    compare = {
        "is": lambda: same(value, said["value"]),
        "is not": lambda: not same(value, said["value"]),
        "<": lambda: number(value) < number(said["value"]),
        "<=": lambda: number(value) <= number(said["value"]),
        ">": lambda: number(value) > number(said["value"]),
        ">=": lambda: number(value) >= number(said["value"]),
    }
    return compare[said["op"]]()


def number(value):
    return decimal.Decimal(str(value))


def same(value, constant):
    if isinstance(value, bool) or isinstance(value, str):
        return value == constant
    return number(value) == number(constant)


def at(names, values):
    for name in names:
        values = values.get(name) if isinstance(values, dict) else None
    return values


def asked_of(guard, flow):
    """The paths that a guard reads, with the constants that each is compared with."""
    kind, said = next(iter(guard.items())) if isinstance(guard, dict) else (guard, None)
    if kind in ("and", "or"):
        for part in said:
            yield from asked_of(part, flow)
    elif kind == "not":
        yield from asked_of(said, flow)
    elif kind == "threshold":
        yield from asked_of(flow["thresholds"][said]["guard"], flow)
    elif kind == "true":
        yield said, [True, False]
    elif kind == "present":
        yield said["path"], []
    elif kind != "delivered":
        yield said["path"], [said[name] for name in ("value", "low", "high") if name in said] + said.get("values", [])


def candidates(path, constants, plan):
    """Values at, right below and right above each constant, others of the type, and absence where that may be."""
    found = list(constants)
    for constant in constants:
        if not isinstance(constant, (bool, str)):
            found += [float(number(constant) + step) for step in map(decimal.Decimal, ("-0.001", "0.001", "-1", "1"))]
    kind = path["type"]
    if isinstance(kind, dict) and "enum" in kind:
        found += plan["enums"][kind["enum"]]["members"]
    if kind == "bool":
        found += [True, False]
    if kind == "text" or (isinstance(kind, dict) and "text" in kind):
        found += ["", 'a "b"']
    found = found or ["something"]
    return found + ([None] if path["optional"] else [])


def placed(values):
    """Values by path as the variables of a process have them."""
    made, decision = {}, None
    for names, value in values:
        if names[0] == "decision":
            decision = value
            continue
        here = made
        for name in names[:-1]:
            here = here.setdefault(name, {})
        here[names[-1]] = value
    return made, decision


@pytest.mark.parametrize("example", EXAMPLES)
def test_conditions_say_what_the_plan_says(example):
    feel, plan, asked = spiff.Feel(MODULES), builds.plan(example), 0
    rng = random.Random(7)
    for name, flow in plan["flows"].items():
        document = etree.parse(str(builds.built(example) / "generic" / f"{name}.bpmn"))
        lines = list(document.iter(f"{MODEL}sequenceFlow"))
        for state, said in flow["states"].items():
            conditions = {
                line.get("targetRef"): line.find(f"{MODEL}conditionExpression").text
                for line in lines
                if line.get("sourceRef") == f"{state}.decide" and line.find(f"{MODEL}conditionExpression") is not None
            }
            for handoff in said.get("handoffs", ()):
                guard = handoff["when"]["guard"] if isinstance(handoff["when"], dict) else None
                hop = handoff["route"][0]
                target = hop["id"].replace("/", ".").replace("#", ".")
                condition = next((conditions[t] for t in (target, f"{target}.bound", f"{target}.end") if t in conditions), None)
                if guard is None or condition is None:
                    continue
                paths = {}
                for path, constants in asked_of(guard, flow):
                    paths.setdefault(tuple(path["names"]), (path, []))[1].extend(constants)
                choices = [[(names, v) for v in candidates(path, constants, plan)] for names, (path, constants) in paths.items()]
                samples = list(itertools.islice(itertools.product(*choices), 200))
                for values in rng.sample(samples, min(len(samples), 40)):
                    made, decision = placed(values)
                    wanted = holds(guard, flow, made | {"decision": decision})
                    variables = {"reply": {"made": made, "decision": decision}, "work": {"context": made}}
                    assert (feel(condition, variables) is True) == wanted, (state, condition, values)
                    asked += 1
    feel.close()
    assert asked, example
