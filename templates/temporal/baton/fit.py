"""Whether a value fits its type.

Must not know: where values come from. They are as the runtime protocol has them: a percent as a fraction, money as a
number, a duration in seconds, a date as ISO 8601, absent as null or missing.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from .exact import DIGITS, travels
from .plan import Asset, Field, Plan, Type, part

LONGEST_URL = 2048
"""Its characters."""
DEEPEST = 100
"""Values nest so deep at most."""
LONGEST_NAME = 60
"""The characters of a name that is repeated to whoever sent it."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#].*", re.DOTALL)
_CONTROL = re.compile("[\x00-\x07\x0b\x0e-\x1f]")
_HALF = re.compile("[\ud800-\udfff]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Misfit(Exception):
    """Something that does not fit: where, and why."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"`{path}` {why}" if path else why)
        self.path, self.why = path, why


def unasked(path: str, name: str) -> Misfit:
    """Something that nobody has asked for."""
    short = name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "…"
    return Misfit(f"{path}.{short}" if path else short, "is not asked for")


def fit_field(plan: Plan, field: Field, value: Any, path: str, left: int = DEEPEST) -> Any:
    """`value` with nulls for what may be missing and is. Raises Misfit."""
    if value is not None:
        return fit(plan, field["type"], value, path, left)
    if not field["optional"]:
        raise Misfit(path, "is missing")
    return None


def fit(plan: Plan, type: Type, value: Any, path: str, left: int = DEEPEST) -> Any:
    """As `fit_field`, of a value that is there. Recurses no deeper than `left`."""
    match part(type):
        case "text", limits:
            _at_most(len(_text(value, path)), limits.get("max"), "characters", path)
        case "url", _:
            _url(_text(value, path), path)
        case "bool", _:
            if not isinstance(value, bool):
                raise Misfit(path, "expected true or false")
        case "int", bounds:
            number = _number(value, bounds, path)
            if number != number.to_integral_value():
                raise Misfit(path, "expected a whole number")
        case "number", bounds:
            _number(value, bounds, path)
        case "percent", _:
            _number(value, {"low": 0, "high": 1}, path)
        case "duration" | "money", _:
            _number(value, {"low": 0}, path)
        case "date", _:
            _day(_text(value, path), path)
        case "enum", name:
            members = plan["enums"][name]["members"]
            if _text(value, path) not in members:
                raise Misfit(path, f"expected one of {', '.join(members)}")
        case "asset", name:
            return _record(plan, plan["assets"][name], value, path, left)
        case "list", entries:
            return _list(plan, entries, value, path, left)
        case word, _:
            raise LookupError(f"an unknown type `{word}`")
    return value


def _record(plan: Plan, asset: Asset, value: Any, path: str, left: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Misfit(path, "expected an object")
    fields = asset["fields"]
    within = _within(left, path)
    fitted = {name: fit_field(plan, field, value.get(name), f"{path}.{name}", within) for name, field in fields.items()}
    for other in value:
        if other not in fields:
            raise unasked(path, other)
    return fitted


def _list(plan: Plan, entries: dict[str, Any], value: Any, path: str, left: int) -> list[Any]:
    if not isinstance(value, list):
        raise Misfit(path, "expected a list")
    _at_most(len(value), entries.get("max"), "entries", path)
    within = _within(left, path)
    return [fit(plan, entries["of"], entry, f"{path}[{i}]", within) for i, entry in enumerate(value)]


def _within(left: int, path: str) -> int:
    if left == 0:
        raise Misfit(path, "is nested too deep")
    return left - 1


def _number(value: Any, bounds: dict[str, Any], path: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Misfit(path, "expected a number")
    number = Decimal(value)
    if not travels(number):
        why = f"has more than {DIGITS} significant digits, or is too large or small a number"
        raise Misfit(path, why)
    low, high = bounds.get("low"), bounds.get("high")
    if low is not None and number < low:
        raise Misfit(path, f"is below {low}")
    if high is not None and bounds.get("open") and number >= high:
        raise Misfit(path, f"is not below {high}")
    if high is not None and number > high:
        raise Misfit(path, f"is above {high}")
    return number


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise Misfit(path, "expected a text")
    if _CONTROL.search(value):
        raise Misfit(path, "has control characters")
    if _HALF.search(value):
        raise Misfit(path, "has half of a surrogate pair")
    return value


def _at_most(count: int, most: int | None, noun: str, path: str) -> None:
    if most is not None and count > most:
        raise Misfit(path, f"has {count} {noun}, more than {most}")


def _url(text: str, path: str) -> None:
    """A scheme, an authority, and none of the characters that RFC 3986 has no place for."""
    _at_most(len(text.encode()), LONGEST_URL, "characters", path)
    plain = all("!" <= letter <= "~" and letter not in '"\\' for letter in text)
    if not plain or not _URL.fullmatch(text):
        raise Misfit(path, "expected a URL, such as `https://example.com/`")


def _day(text: str, path: str) -> None:
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        date.fromisoformat(text)
    except ValueError:
        raise Misfit(path, "expected a day, such as `2026-11-23`") from None
