"""JSON whose numbers keep every digit, and the moments that travel in it.

Must not know: what the values mean.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    BinaryNullPayloadConverter,
    BinaryPlainPayloadConverter,
    CompositePayloadConverter,
    EncodingPayloadConverter,
    JSONProtoPayloadConverter,
)

DIGITS = 15
"""The significant digits of a number that travels."""
MAGNITUDE = 300
"""Its largest power of ten, either way."""

NOT_JSON = (ValueError, TypeError, ArithmeticError, RecursionError)
"""What reading or writing a hostile text may raise."""

LATEST = 253_402_207_200_000_000
"""The last moment that can be said: the end of the year 9999, in microseconds."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def loads(text: str | bytes) -> Any:
    """What a JSON text says, with a `Decimal` for every number. Raises one of NOT_JSON."""
    return json.loads(text, parse_float=_number, parse_int=_number, parse_constant=_no_number)


def dumps(value: Any) -> str:
    """A JSON text in one line, numbers with exactly their digits. Raises one of NOT_JSON."""
    return "".join(_pieces(value))


def travels(number: Decimal) -> bool:
    """Whether a number has no more digits than any engine compares exactly."""
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    return not digits or (len(digits) <= DIGITS and abs(number.adjusted()) <= MAGNITUDE)


def after(moment: int, seconds: int) -> int:
    """So many seconds later, or the last moment that can be said."""
    return min(moment + seconds * 1_000_000, LATEST)


def iso(moment: int) -> str:
    """A moment, in microseconds since 1970, as ISO 8601."""
    return (_EPOCH + timedelta(microseconds=moment)).isoformat().replace("+00:00", "Z")


def _pieces(value: Any) -> Iterator[str]:
    match value:
        case Decimal():
            if not value.is_finite():
                raise ValueError("not a number")
            yield str(value)
        case dict():
            for place, (name, held) in enumerate(value.items()):
                yield "," if place else "{"
                yield json.dumps(name, ensure_ascii=False) + ":"
                yield from _pieces(held)
            yield "}" if value else "{}"
        case list() | tuple():
            yield "["
            for place, held in enumerate(value):
                yield "," if place else ""
                yield from _pieces(held)
            yield "]"
        case _:
            yield json.dumps(value, ensure_ascii=False, allow_nan=False)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("too large or too small a number") from None


def _no_number(name: str) -> Any:
    raise ValueError(f"`{name}` is not a number")


class _ExactJSON(EncodingPayloadConverter):
    @property
    def encoding(self) -> str:
        return "json/plain"

    def to_payload(self, value: Any) -> Payload | None:
        metadata = {"encoding": self.encoding.encode()}
        return Payload(metadata=metadata, data=dumps(value).encode())

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        return loads(payload.data)


class ExactPayloads(CompositePayloadConverter):
    """What Temporal keeps of values: readable JSON, exact numbers."""

    def __init__(self) -> None:
        super().__init__(
            BinaryNullPayloadConverter(),
            BinaryPlainPayloadConverter(),
            JSONProtoPayloadConverter(),
            _ExactJSON(),
        )
