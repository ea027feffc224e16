"""Conditions, decided on values.

Must not know: where work goes when one holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .plan import Flow, Guard, Path, part


@dataclass(frozen=True)
class Values:
    """What the guards of a state read: what was just made, else what came with the work."""

    context: Mapping[str, Any]
    made: Mapping[str, Any]
    decision: str | None

    def at(self, path: Path) -> Any:
        """What stands at a path; None if it is absent."""
        first, *below = path["names"]
        if first == "decision":
            return self.decision
        value = self.made[first] if first in self.made else self.context.get(first)
        for name in below:
            value = value.get(name) if isinstance(value, dict) else None
        return value


def holds(flow: Flow, guard: Guard, values: Values) -> bool:
    """Whether a guard holds. Not recursive: thresholds may name one another in long chains."""
    todo: list[tuple[str, Any]] = [("ask", guard)]
    known: list[bool] = []
    named: dict[str, bool] = {}
    while todo:
        step, what = todo.pop()
        if step == "ask":
            _ask(flow, what, values, todo, known, named)
        elif step == "not":
            known.append(not known.pop())
        elif step == "named":
            named[what] = known[-1]
        else:
            parts = [known.pop() for _ in range(what)]
            known.append(all(parts) if step == "and" else any(parts))
    return known.pop()


def _ask(
    flow: Flow,
    guard: Guard,
    values: Values,
    todo: list[tuple[str, Any]],
    known: list[bool],
    named: dict[str, bool],
) -> None:
    """Answers a test; of what has parts, lays them on `todo`."""
    match part(guard):
        case ("and" | "or") as word, parts:
            todo.append((word, len(parts)))
            todo.extend(("ask", part) for part in parts)
        case "not", inner:
            todo.extend([("not", None), ("ask", inner)])
        case "threshold", name if name in named:
            known.append(named[name])
        case "threshold", name:
            todo.extend([("named", name), ("ask", flow["thresholds"][name]["guard"])])
        case word, test:
            known.append(_test(word, test, values))


def _test(word: str, test: Any, values: Values) -> bool:
    """Whether a test holds. On an absent path none does but the one for absence."""
    if word == "delivered":
        return True
    value = values.at(test if word == "true" else test["path"])
    match word:
        case "compare":
            return _compares(value, test["op"], test["value"])
        case "range":
            upper = "<" if test["open"] else "<="
            return _compares(value, ">=", test["low"]) and _compares(value, upper, test["high"])
        case "set":
            return any(_compares(value, "is", constant) for constant in test["values"])
        case "present":
            return (value is not None) is test["present"]
        case "true":
            return value is True
    raise LookupError(f"an unknown test `{word}`")


def _compares(value: Any, op: str, constant: Any) -> bool:
    """Whether a value that is there compares so with a constant. Decimals are compared exactly."""
    if value is None or _sort(value) != _sort(constant):
        return False
    match op:
        case "is":
            return bool(value == constant)
        case "is not":
            return bool(value != constant)
        case "<":
            return bool(value < constant)
        case "<=":
            return bool(value <= constant)
        case ">":
            return bool(value > constant)
        case ">=":
            return bool(value >= constant)
    raise LookupError(f"an unknown operator {op}")


def _sort(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int() | Decimal():
            return "number"
        case str():
            return "text"
    return "other"


def paths(flow: Flow, guard: Guard) -> dict[str, Path]:
    """The paths that a guard reads, by their text, those of the thresholds that it names included."""
    todo, thresholds, found = [guard], set[str](), dict[str, Path]()
    while todo:
        match part(todo.pop()):
            case (("and" | "or"), parts):
                todo.extend(reversed(parts))
            case "not", inner:
                todo.append(inner)
            case "threshold", name:
                if name not in thresholds:
                    thresholds.add(name)
                    todo.append(flow["thresholds"][name]["guard"])
            case "true", path:
                found[path["text"]] = path
            case "compare" | "range" | "set" | "present", test:
                found[test["path"]["text"]] = test["path"]
    return found
