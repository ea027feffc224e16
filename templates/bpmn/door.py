"""The door of a pipeline that Baton compiled to BPMN: it takes what owners and people reply, and lets in only what fits.

It knows no engine. An engine hands it tasks (`Door.open`), and is handed checked replies, each at most once. Late,
duplicate, unknown and misfit replies are refused with the reason and change nothing.

It needs jsonschema (see requirements.txt) and nothing else.
"""

import contextlib
import datetime
import json
import re
import sqlite3
import threading
import urllib.parse
from decimal import Decimal, InvalidOperation

import jsonschema

LIMIT = 256 * 1024  # bytes that one record or one reply may hold
LONGEST_ITEM = 256  # characters of an item's id
LONGEST_REASON = 1000  # characters of why an owner has failed
DIGITS = 15  # significant digits that survive a comparison of doubles
MAGNITUDE = 300  # and their largest power of ten, either way
NOT_JSON = (ValueError, TypeError, ArithmeticError, RecursionError)  # what reading hostile text may raise
BY_HAND = {"human", "queue"}  # owners whose visit stays open until somebody answers it


class Refused(Exception):
    """A reply that changes nothing. `reason` is `late`, `duplicate`, `unknown` or `misfit`."""

    def __init__(self, reason, detail):
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class Gone(Exception):
    """The engine no longer waits for that."""


# ---------------------------------------------------------------------------------------------------- checking


def exact(value):
    """`value` as JSON gives it, numbers as exact decimals. Raises one of NOT_JSON for what is none."""
    text = value if isinstance(value, (str, bytes)) else json.dumps(value, allow_nan=False)
    return json.loads(text, parse_float=_decimal, parse_int=_decimal, parse_constant=_no_constant)


def _decimal(text):
    value = Decimal(text)
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    if len(digits) > DIGITS or abs(value.adjusted()) > MAGNITUDE:
        raise ValueError(f"more than {DIGITS} significant digits, or too large or small a number")
    return value


def _no_constant(name):
    raise ValueError(f"`{name}` is not a number")


def plain(value):
    """`value` as JSON text. Numbers hold at most 15 digits by now, so a double prints them back as they were."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_number)


def _number(value):
    return int(value) if value == value.to_integral_value() and abs(value) < 10**DIGITS else float(value)


FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("uri")
def _is_url(value):
    if not isinstance(value, str):
        return True
    try:
        parts = urllib.parse.urlsplit(value)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc) and value.isascii() and not re.search(r"[\s\x00-\x1f\"\\]", value)


@FORMATS.checks("date", raises=ValueError)
def _is_date(value):
    return not isinstance(value, str) or bool(datetime.date.fromisoformat(value))


def _is_integer(_, value):
    return isinstance(value, Decimal) and value == value.to_integral_value()


TYPES = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
    {"integer": _is_integer, "number": lambda _, value: isinstance(value, Decimal)}
)
Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=TYPES)


def misfit(value, schema, path):
    """The first thing in `value` that does not fit, as a sentence, or None."""
    try:
        checker = Validator(schema, format_checker=FORMATS)
        found = min(checker.iter_errors(value), key=lambda error: list(map(str, error.absolute_path)), default=None)
        text = next(_texts(value), None)
    except RecursionError:  # a type may hold itself, and nobody may nest it that deep
        return f"{path}: nested too deep"
    if found is not None:
        return f"{'.'.join([path, *map(str, found.absolute_path)])}: {found.message}"[:LONGEST_REASON]
    return f"{path}: a text has {text}" if text else None


def _texts(value):
    """What is wrong with the texts in a value."""
    if isinstance(value, str):
        if any("\ud800" <= c <= "\udfff" for c in value):
            yield "half of a surrogate pair"
        if any(c < " " and c not in "\b\t\n\f\r" for c in value):
            yield "control characters"
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def checked(reply, task):
    """What the engine gets for a reply that fits its task: `{made, decision?}`. Raises Refused(`misfit`)."""
    try:
        reply = exact(reply)
    except NOT_JSON as error:
        raise Refused("misfit", f"not JSON ({error})") from None
    if not isinstance(reply, dict):
        raise Refused("misfit", "expected an object")
    if reply.get("visit", task["visit"]) != task["visit"]:
        raise Refused("misfit", "the reply names another visit")
    for name in reply.keys() - {"visit", "made", "decision"}:
        if reply[name] is not None:
            raise Refused("misfit", f"{name}: not asked for")
    made = {} if reply.get("made") is None else reply["made"]
    problem = misfit(made, task["makes"], "made") or _decision_misfit(reply.get("decision"), task)
    if problem:
        raise Refused("misfit", problem)
    answer = {"made": made, "decision": reply["decision"]} if task.get("options") else {"made": made}
    if len(plain(answer).encode()) > LIMIT:
        raise Refused("misfit", f"larger than {LIMIT} bytes")
    return json.loads(plain(answer))


def without_fail(reply):
    """A form gives an empty reason where nobody has written one."""
    return {name: value for name, value in reply.items() if name != "fail"} if isinstance(reply, dict) else reply


def _decision_misfit(decision, task):
    options = [option["name"] for option in task.get("options", ())]
    if decision in options or (decision is None and not options):
        return None
    return f"decision: expected one of {', '.join(options)}" if options else "decision: nothing is to be decided here"


def clipped(reason):
    """A reason no longer than people read, and a text in any case."""
    text = str(reason).encode(errors="replace").decode()
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


# --------------------------------------------------------------------------------------------------------- tasks

CONSTANTS = ("flow", "plan", "state", "asset", "goal", "owner", "kind", "binding", "question")
PARSED = ("v", "makes", "shows", "options", "retry_times", "retry_every")
PRIVATE = {"kind", "binding", "retry_times", "retry_every", "expects"}  # the worker's own


def task_of(said, given):
    """A task: what the file says of it, and what the engine computed when work arrived."""
    task = {name: said[name] for name in CONSTANTS if name in said}
    task |= {name: json.loads(said[name]) for name in PARSED if name in said}
    task |= {name: given.get(name) for name in ("item", "visit", "threshold", "context")}
    return task | {name: moment(given.get(name)) for name in ("due", "accept_due")} | {"expects": said.get("expects")}


def moment(text):
    """A time as an engine's FEEL prints it, in UTC and ISO 8601; None of nothing."""
    if text is None:
        return None
    plain_time = re.sub(r"(@|\[).*$", "", text).replace("Z", "+00:00")
    parsed = datetime.datetime.fromisoformat(plain_time)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.timezone.utc)).isoformat()


def told(task, number):
    """What the owner is told: the protocol's message."""
    return {k: v for k, v in task.items() if k not in PRIVATE} | {"attempt": f"{task['visit']}.{number}"}


def now():
    return datetime.datetime.now(datetime.timezone.utc)


# ---------------------------------------------------------------------------------------------------------- door

TABLE = """
CREATE TABLE IF NOT EXISTS visits (
  visit TEXT PRIMARY KEY, owner TEXT NOT NULL, task TEXT NOT NULL, accept_key TEXT, work_key TEXT,
  accepted INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, not_before TEXT,
  outcome TEXT, delivered INTEGER NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS items (item TEXT PRIMARY KEY, flow TEXT NOT NULL, started INTEGER NOT NULL DEFAULT 0);
"""


class Door:
    """The visits that wait for people and queues, in one SQLite file.

    `engine` takes what gets through: `accept(key)`, and `complete(key, reply)` where the reply is `{made, decision?}` or
    `{fail: reason}`. Both raise Gone where the engine no longer waits. Every step can be done again: what was recorded
    and not handed over yet goes out with `deliver`.
    """

    def __init__(self, path, engine, clock=now):
        self.engine, self.clock = engine, clock
        self.store = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self.store.row_factory = sqlite3.Row
        self.store.executescript(TABLE)
        self.lock = threading.RLock()

    def open(self, task, key):
        """The engine waits with this task, which it knows by `key`. May be told again."""
        column = "accept_key" if task["expects"] == "accept" else "work_key"
        with self.lock:
            self.store.execute(
                f"INSERT INTO visits (visit, owner, task, {column}) VALUES (?, ?, ?, ?) "
                f"ON CONFLICT (visit) DO UPDATE SET {column} = excluded.{column}, task = excluded.task",
                (task["visit"], task["owner"], plain(task), key),
            )
            self.deliver(task["visit"])

    def left(self, visit):
        """The engine has taken the work out of this state."""
        with self.lock:
            self._set(visit, "gone = 1")

    def answer(self, visit, made=None, decision=None):
        """Takes an answer to an open visit. Raises Refused; a refused answer changes nothing."""
        with self.lock:
            task, _ = self._answerable(visit)
            reply = {"visit": visit, "made": made} | ({} if decision is None else {"decision": decision})
            self._close(visit, checked(reply, task))

    def fail(self, visit, reason):
        """Somebody can't do it: that was one attempt. Raises Refused."""
        with self.lock:
            task, row = self._answerable(visit)
            if not isinstance(reason, str):
                raise Refused("misfit", "fail: expected the reason as a text")
            if (row["not_before"] or "") > self.clock().isoformat():
                raise Refused("duplicate", f"this attempt has failed already; the next begins at {row['not_before']}")
            if row["attempts"] >= task["retry_times"]:
                return self._close(visit, {"fail": clipped(reason)})
            again = (self.clock() + datetime.timedelta(seconds=task["retry_every"])).isoformat()
            self._set(visit, "attempts = attempts + 1, accepted = 1, not_before = ?", again)
            self.deliver(visit)

    def accept(self, visit):
        """The work has reached its owner. Raises Refused; saying so again changes nothing."""
        with self.lock:
            self._answerable(visit)
            self._set(visit, "accepted = 1")
            self.deliver(visit)

    def submitted(self, visit, reply):
        """Somebody completes an open visit in the engine itself, which asks first. Raises Refused: it must not then."""
        with self.lock:
            row = self._row(visit)
            reason = reply.get("fail") if isinstance(reply, dict) else None
            if row is not None and row["outcome"]:
                task = json.loads(row["task"])
                outcome = {"fail": clipped(reason)} if reason else checked(without_fail(reply), task)
                if outcome != json.loads(row["outcome"]):
                    raise Refused("duplicate", "it has been answered already")
                return self._set(visit, "delivered = 1")
            task, row = self._answerable(visit)
            if reason and row["attempts"] < task["retry_times"]:
                self.fail(visit, reason)
                raise Refused("misfit", "that attempt has failed; more are left, and the work waits on")
            outcome = {"fail": clipped(reason)} if reason else checked(without_fail(reply), task)
            self._set(visit, "outcome = ?, accepted = 1, delivered = 1", plain(outcome))

    def accepted(self, visit):
        """Somebody acknowledges receipt in the engine itself, which asks first. Raises Refused."""
        with self.lock:
            if self._row(visit) is None:
                raise Refused("unknown", "no such visit has come here")
            self._set(visit, "accepted = 1, accept_key = NULL")

    def waiting(self, owner):
        """What waits for an owner, as the owner is told."""
        found = self.store.execute(
            "SELECT task, attempts FROM visits WHERE owner = ? AND outcome IS NULL AND NOT gone ORDER BY rowid", (owner,)
        )
        tasks = [(json.loads(row["task"]), row["attempts"]) for row in found]
        return [told(task, done + 1) for task, done in tasks if self.clock().isoformat() < task["due"]]

    def deliver(self, visit):
        """Hands over what was recorded, as far as the engine waits for it already. Raises Refused(`late`)."""
        row = self._row(visit)
        try:
            if row["accept_key"] and (row["accepted"] or row["outcome"]):
                self.engine.accept(row["accept_key"])
                self._set(visit, "accept_key = NULL")
            row = self._row(visit)
            if row["work_key"] and row["outcome"] and not row["delivered"]:
                self.engine.complete(row["work_key"], json.loads(row["outcome"]))
                self._set(visit, "delivered = 1")
        except Gone:
            self._set(visit, "gone = 1")
            raise Refused("late", "the work has left this state") from None

    def _close(self, visit, outcome):
        self._set(visit, "outcome = ?, accepted = 1", plain(outcome))
        self.deliver(visit)

    def _answerable(self, visit):
        row = self._row(visit) if isinstance(visit, str) else None
        if row is None:
            raise Refused("unknown", "no such visit has come here")
        task = json.loads(row["task"])
        if row["outcome"] and not row["gone"]:
            raise Refused("duplicate", "it has been answered already")
        missed = task["due"] if self.clock().isoformat() >= task["due"] else None
        if not row["accepted"] and task["accept_due"] and self.clock().isoformat() >= task["accept_due"]:
            missed = task["accept_due"]
        if row["gone"] or missed:
            raise Refused("late", f"its time was over at {missed}" if missed else "the work has left this state")
        return task, row

    def _row(self, visit):
        with contextlib.suppress(UnicodeEncodeError):  # half of a surrogate pair
            return self.store.execute("SELECT * FROM visits WHERE visit = ?", (visit,)).fetchone()

    def _set(self, visit, change, *values):
        self.store.execute(f"UPDATE visits SET {change} WHERE visit = ?", (*values, visit))

    # -- the way in

    def let_in(self, flow, intake, record, item):
        """The variables with which a process begins; None if that item has begun already. `flow` is a flow's entry of
        `intakes.json`, `intake` a source's name or an intake's. Raises Refused: such a record never becomes work."""
        known = [known for known in flow["intakes"] if intake in (known["name"], known["source"])]
        if not known:
            raise Refused("unknown", f"there is no intake `{intake}`")
        if not is_item(item):
            raise Refused("misfit", f"item: expected a text of at most {LONGEST_ITEM} characters, and no visit in it")
        try:
            raw = exact(record)
            size = len(plain(raw).encode())
        except (*NOT_JSON, InvalidOperation) as error:
            raise Refused("misfit", f"not JSON ({error})") from None
        problem = misfit(raw, known[0]["schema"], "raw")
        if problem or size > LIMIT:
            raise Refused("misfit", problem or f"raw: larger than {LIMIT} bytes")
        with self.lock:
            self.store.execute("INSERT OR IGNORE INTO items (item, flow) VALUES (?, ?)", (item, flow["process"]))
            row = self.store.execute("SELECT flow, started FROM items WHERE item = ?", (item,)).fetchone()
        if row["flow"] != flow["process"]:
            raise Refused("duplicate", f"`{item}` is an item of another flow")
        return None if row["started"] else {"item": item, "intake": known[0]["name"], "raw": json.loads(plain(raw))}

    def begun(self, item):
        """The process of an item has begun: letting it in again changes nothing."""
        self.store.execute("UPDATE items SET started = 1 WHERE item = ?", (item,))


def is_item(text):
    """Whether a submitter may give an item this id. One with a visit in it would be a run's of another item."""
    fits = isinstance(text, str) and 0 < len(text) <= LONGEST_ITEM and text.isprintable()
    return fits and re.search(r"/[^/#]+#[0-9]+/", text) is None
