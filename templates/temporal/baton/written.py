"""Values as people write them, by their types: `70%`, `1h30m`, `0.15 EUR`, a text as it is, lists and records as JSON.

Must not know: whether a value fits; the interpreter says so.
"""

import re
from decimal import Decimal
from typing import Any

from . import exact
from .plan import Field, Plan, State, Type, part

_NUMBER = r"-?[0-9][0-9_]*(?:\.[0-9][0-9_]*)?"
_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}


class Unreadable(ValueError):
    """What was written is no value of its type."""


def made(plan: Plan, context: dict[str, Field], state: State, assignments: list[str]) -> dict[str, Any]:
    """What `field=value`, `field.below=value` and so on make together. Raises Unreadable."""
    found: dict[str, Any] = {}
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise Unreadable(f"`{assignment}`: it is written `field=value`")
        names = path.strip().split(".")
        here, fields = found, {name: context[name] for name in state["makes"]}
        for name in names[:-1]:
            fields = _below(plan, _field(fields, name))
            here = here.setdefault(name, {})
        here[names[-1]] = value(_field(fields, names[-1])["type"], text)
    return found


def _field(fields: dict[str, Field], name: str) -> Field:
    if name not in fields:
        raise Unreadable(f"there is no `{name}`; there are {', '.join(fields) or 'none'}")
    return fields[name]


def _below(plan: Plan, field: Field) -> dict[str, Field]:
    match part(field["type"]):
        case "asset", name:
            return plan["assets"][name]["fields"]
    return {}


def value(type: Type, text: str) -> Any:
    """A value of a type. Raises Unreadable."""
    match part(type):
        case (("text" | "url" | "date" | "enum"), _):
            return text
        case "bool", _:
            if text not in ("true", "false"):
                raise Unreadable("expected true or false")
            return text == "true"
        case (("int" | "number"), _):
            return _decimal(_NUMBER, text, "expected a plain number, such as `0.85`")
        case "percent", _:
            return _decimal(f"({_NUMBER})%", text, "expected a percentage, such as `70%`").scaleb(-2)
        case "money", code:
            return _decimal(rf"({_NUMBER}) ?{code}", text, f"expected an amount, such as `0.15 {code}`")
        case "duration", _:
            return _duration(text)
    try:
        return exact.loads(text)
    except exact.NOT_JSON as error:
        raise Unreadable(f"expected JSON: {error}") from None


def _decimal(pattern: str, text: str, expected: str) -> Decimal:
    found = re.fullmatch(pattern, text.strip())
    if not found:
        raise Unreadable(expected)
    return Decimal((found.groups() or (found.group(),))[0].replace("_", ""))


def _duration(text: str) -> Decimal:
    found = re.fullmatch("".join(rf"(?:({_NUMBER}){unit})?" for unit in _UNITS), text.strip())
    if not found or not any(found.groups()):
        raise Unreadable("expected a duration, such as `15m` or `1d12h`")
    parts = zip(found.groups(), _UNITS.values(), strict=True)
    return sum((Decimal(count.replace("_", "")) * unit for count, unit in parts if count), Decimal(0))
