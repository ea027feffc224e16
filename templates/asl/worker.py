"""The worker of a pipeline that Baton compiled for Step Functions.

The state machine puts a task for an owner into that owner's queue and waits on a token. This file takes the task,
lets the owner work (with its retries, all under the one token), checks what the owner made, and answers the token.
It never decides where work goes next: thresholds, bounds and deadlines belong to the state machine.

It runs as Lambda functions (`handler`, `answer_handler`, `submit_handler`, `died_handler`), or anywhere else as
`python worker.py QUEUE_URL …`. It needs boto3 and nothing else. People answer by `answer.py`, which stands beside it.

What owners and people write goes to the state machine and to those who own the work next, never into a log.

Environment: BATON_TABLE (the table of visits), BATON_MACHINES (a JSON object from a flow's name to its state machine's
ARN) and, as needed: BATON_TOPIC (where people are told of open visits), BATON_NOTIFY (what tells them: a command, or the
URL of a webhook), BATON_REMIND (so many seconds before it is too late they are told again), BATON_MODELS (a JSON object
from a model's route to a Bedrock model id), BATON_INTAKES (the file with the intakes, if not `intakes.json`).
"""

import argparse
import contextlib
import datetime
import hashlib
import http.client
import json
import logging
import math
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import tempfile
import threading
import time
import traceback
import urllib.parse
import uuid
from decimal import Decimal

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger("baton")

LIMIT = 256 * 1024  # bytes that one record or one answer may hold: the payload limit of Step Functions
LONGEST_ITEM = 256  # characters of an item's id
LONGEST_VISIT = 2048  # bytes of a visit's id: those of a key of DynamoDB
LONGEST_REASON = 1000  # characters of why an owner has failed
DIGITS = 15  # significant digits that survive the engine's comparison of doubles
MAGNITUDE = 300  # and its largest power of ten, either way
LONGEST_DELAY = 900  # seconds that SQS can hold a message back
HOLD = 120  # seconds that no other poller gets a message, from when that was last asked for
RENEWAL = 20  # seconds until it is asked for again, several times within a hold: the queue may not answer each time
LONGEST_HOLD = 12 * 3600  # seconds that SQS can keep a message from others in all
LONGEST_PAUSE = 60  # seconds before a queue that does not answer is asked again
CONNECT = 10  # seconds to reach an address
TELLING = 30  # seconds that a webhook or a command has to tell somebody
LONGEST_NOTICE = 10_000  # characters of a notice as people read it
MARGIN = 5  # seconds that a Lambda function keeps to record what was made and to answer the engine
CLOSED = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}  # the engine no longer waits on this token
UNANSWERED = "attribute_not_exists(outcome)"
OURS = "(attribute_not_exists(belongs_to) OR belongs_to = :x)"  # the first one takes it
BY_HAND = {"human", "queue"}  # owners whose visit stays open until somebody answers it


NOT_JSON = (ValueError, TypeError, ArithmeticError, RecursionError)  # what reading hostile text may raise


class Refused(Exception):
    """An answer that changes nothing. `reason` is `late`, `duplicate`, `unknown` or `misfit`."""

    def __init__(self, reason, detail):
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class Failed(Exception):
    """An owner's attempt that came to nothing; its text is the reason."""


# ---------------------------------------------------------------------------------------------------- checking


class Schema:
    """A JSON Schema, as far as Baton writes it: any other keyword is a fault, never a silent pass."""

    def __init__(self, document):
        self.document = document

    def misfit(self, value, path, schema=None):
        """The first thing in `value` that does not fit, as a sentence, or None."""
        schema = self.resolved(self.document if schema is None else schema)
        unknown = set(schema) - set(CHECKS) - NOTES
        if unknown:
            return f"{path}: this worker does not know the schema keyword `{min(unknown)}`"
        checks = (check(self, value, schema, path) for keyword, check in CHECKS.items() if keyword in schema)
        return next(filter(None, checks), None)

    def with_nulls(self, value, schema=None):
        """`value` with every missing property that may be absent written as null: missing reads as null."""
        schema = self.resolved(self.document if schema is None else schema)
        for part in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
            value = self.with_nulls(value, part)
        if isinstance(value, list) and "items" in schema:
            return [self.with_nulls(v, schema["items"]) for v in value]
        if not isinstance(value, dict) or "properties" not in schema:
            return value
        properties = schema["properties"]
        filled = {k: self.with_nulls(v, properties[k]) if k in properties else v for k, v in value.items()}
        absent = {k: None for k, s in properties.items() if k not in value and self.misfit(None, k, s) is None}
        return {**filled, **absent}

    def resolved(self, schema):
        """A schema without a reference at its top."""
        while isinstance(schema, dict) and "$ref" in schema:
            name = urllib.parse.unquote(schema["$ref"].removeprefix("#/$defs/"))
            schema = {k: v for k, v in schema.items() if k != "$ref"} | self.document["$defs"][name]
        return {} if schema is True else schema

    def _type(self, value, schema, path):
        if not TYPES[schema["type"]](value):
            return f"{path}: expected {schema['type']}"
        return None

    def _any_of(self, value, schema, path):
        problems = [self.misfit(value, path, choice) for choice in schema["anyOf"]]
        return None if None in problems else problems[0]

    def _all_of(self, value, schema, path):
        problems = (self.misfit(value, path, part) for part in schema["allOf"])
        return next(filter(None, problems), None)

    def _enum(self, value, schema, path):
        return None if value in schema["enum"] else f"{path}: expected one of {', '.join(map(str, schema['enum']))}"

    def _bounds(self, value, schema, path):
        if not isinstance(value, Decimal):
            return None
        digits = "".join(map(str, value.as_tuple().digits)).strip("0")
        if len(digits) > DIGITS or abs(value.adjusted()) > MAGNITUDE:
            return f"{path}: more than {DIGITS} significant digits, or too large or small a number"
        broken = [k for k, holds in BOUNDS.items() if k in schema and not holds(value, Decimal(str(schema[k])))]
        return f"{path}: {value} breaks the {broken[0]} {schema[broken[0]]}" if broken else None

    def _text(self, value, schema, path):
        if not isinstance(value, str):
            return None
        if len(value) > schema.get("maxLength", len(value)):
            return f"{path}: longer than {schema['maxLength']} characters"
        if any("\ud800" <= c <= "\udfff" for c in value):
            return f"{path}: not a text (half of a surrogate pair)"
        if any(c < " " and c not in "\b\t\n\f\r" for c in value):
            return f"{path}: control characters"
        fits = FORMATS[schema["format"]](value) if "format" in schema else True
        return None if fits else f"{path}: not a {schema['format']}"

    def _list(self, value, schema, path):
        if not isinstance(value, list):
            return None
        if len(value) > schema.get("maxItems", len(value)):
            return f"{path}: more than {schema['maxItems']} entries"
        problems = (self.misfit(v, f"{path}[{i}]", schema["items"]) for i, v in enumerate(value))
        return next(filter(None, problems), None)

    def _record(self, value, schema, path):
        if not isinstance(value, dict):
            return None
        properties = schema.get("properties", {})
        missing = [name for name in schema.get("required", ()) if name not in value]
        if missing:
            return f"{path}.{missing[0]}: is missing"
        extra = set(value) - set(properties) if schema.get("additionalProperties") is False else ()
        if extra:
            return f"{path}: `{min(extra)}` is not asked for"
        problems = (self.misfit(value[k], f"{path}.{k}", s) for k, s in properties.items() if k in value)
        return next(filter(None, problems), None)


# The keywords that a check is for; a type brings the checks of its kind with it. `pattern` stands beside the format
# of a date only, and says the same.
CHECKS = {
    "type": lambda schema, *value: schema._type(*value) or schema._bounds(*value) or schema._text(*value)
    or schema._list(*value) or schema._record(*value),
    "anyOf": Schema._any_of,
    "allOf": Schema._all_of,
    "enum": Schema._enum,
}
BOUNDS = {
    "minimum": lambda v, bound: v >= bound,
    "maximum": lambda v, bound: v <= bound,
    "exclusiveMinimum": lambda v, bound: v > bound,
    "exclusiveMaximum": lambda v, bound: v < bound,
}
NOTES = {"$schema", "$defs", "title", "description", "maxLength", "format", "pattern", "maxItems", "items", "required"}
NOTES |= {"additionalProperties", "properties"} | set(BOUNDS)
TYPES = {
    "null": lambda v: v is None,
    "boolean": lambda v: isinstance(v, bool),
    "string": lambda v: isinstance(v, str),
    "number": lambda v: isinstance(v, Decimal),
    "integer": lambda v: isinstance(v, Decimal) and v == v.to_integral_value(),
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
}


def _is_url(value):
    try:
        parts = urllib.parse.urlsplit(value)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc) and value.isascii() and not re.search(r"[\s\x00-\x1f\"\\]", value)


def _is_date(value):
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII)) and bool(datetime.date.fromisoformat(value))
    except ValueError:
        return False


FORMATS = {"uri": _is_url, "date": _is_date}


def exact(value):
    """`value` as JSON gives it, numbers as exact decimals. Raises one of NOT_JSON for what is none."""
    text = value if isinstance(value, (str, bytes)) else json.dumps(value, allow_nan=False)
    return json.loads(text, parse_float=_decimal, parse_int=_decimal, parse_constant=_no_constant)


def _decimal(text):
    value = Decimal(text)
    if abs(value.adjusted()) > MAGNITUDE:  # neither a double nor the engine holds it
        raise ValueError("too large or too small a number")
    return value


def _no_constant(name):
    raise ValueError(f"`{name}` is not a number")


def plain(value):
    """`value` as JSON text. Numbers hold at most 15 digits by now, so a double prints them back as they were."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_number)


def _number(value):
    return int(value) if value == value.to_integral_value() and abs(value) < 10**DIGITS else float(value)


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
    made, problem = fitted({} if reply.get("made") is None else reply["made"], task["makes"], "made")
    problem = problem or _decision_misfit(reply.get("decision"), task)
    if problem:
        raise Refused("misfit", problem)
    answer = {"made": made, "decision": reply["decision"]} if task.get("options") else {"made": made}
    if len(plain(answer).encode()) > LIMIT:
        raise Refused("misfit", f"larger than {LIMIT} bytes")
    return answer


def fitted(value, document, path):
    """`value` with nulls for what is missing and may be, and the first thing in it that does not fit, or None."""
    schema = Schema(document)
    try:
        value = schema.with_nulls(value)
        return value, schema.misfit(value, path)
    except RecursionError:  # a type may hold itself, and nobody may nest it that deep
        return value, f"{path}: nested too deep"


def _decision_misfit(decision, task):
    options = [option["name"] for option in task.get("options", ())]
    if decision in options or (decision is None and not options):
        return None
    return f"decision: expected one of {', '.join(options)}" if options else "decision: nothing is to be decided here"


# ------------------------------------------------------------------------------------------------------- owners


def run_script(binding, message, seconds):
    """Runs a command: the message on its standard input, the reply on its standard output. What it says beside is
    dropped; whatever it has started ends with it."""
    until = time.monotonic() + seconds
    with tempfile.TemporaryFile() as given:
        given.write(plain(message).encode())
        given.seek(0)
        process = subprocess.Popen(
            shlex.split(binding), stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
    try:
        output = _output(process, until)
        status = process.wait(max(until - time.monotonic(), 0.001))
    except subprocess.TimeoutExpired:
        raise Failed("it did not end in time") from None
    finally:
        _end(process)
    if status != 0:
        raise Failed(f"it ended with status {status}")
    return output


def _output(process, until):
    """All that a process writes, until everybody who could write has closed it. Its time and its size are bounded."""
    output = bytearray()
    while len(output) <= LIMIT:
        readable, _, _ = select.select([process.stdout], [], [], max(until - time.monotonic(), 0))
        if not readable:
            raise Failed("it did not end in time")
        piece = os.read(process.stdout.fileno(), 65536)
        if not piece:
            return bytes(output)
        output += piece
    raise Failed(f"it wrote more than {LIMIT} bytes")


def _end(process):
    """Ends the whole group, also where the first process has left others behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group that has ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


CONNECTIONS = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}


def call_action(binding, message, seconds):
    """Calls `METHOD URL` with the message as its body; the body of the response is the reply. Any status but 2xx is a
    failure, redirections too: they would lose the body."""
    method, url = binding.split(None, 1)
    return request(method, url, message, message["attempt"], seconds)


def request(method, url, message, key, seconds):
    """The body of what an address answers within so many seconds to a message with that key. Raises if it is no success."""
    address = urllib.parse.urlsplit(url)
    if address.scheme not in CONNECTIONS or not address.hostname:
        raise Failed("its address is no URL of the web")
    until = time.monotonic() + seconds
    connection = CONNECTIONS[address.scheme](address.hostname, address.port, timeout=min(seconds, CONNECT))
    try:
        connection.connect()
        with _hung_up(connection.sock, max(until - time.monotonic(), 0.001)):
            target = urllib.parse.urlunsplit(("", "", address.path or "/", address.query, ""))
            headers = {"Content-Type": "application/json", "Idempotency-Key": quoted(key)}
            connection.request(method, target, plain(message).encode(), headers)
            response = connection.getresponse()
            said = response.read(LIMIT + 1)
    finally:
        connection.close()
    if time.monotonic() >= until:
        raise Failed("it did not answer in time")
    if not 200 <= response.status < 300:
        raise Failed(f"it answered with status {response.status}")
    if len(said) > LIMIT:
        raise Failed(f"it answered with more than {LIMIT} bytes")
    return said


@contextlib.contextmanager
def _hung_up(connected, seconds):
    """Hangs up after so many seconds. A socket's own time limit begins anew with every byte."""
    connected.settimeout(seconds)
    clock = threading.Timer(seconds, _hang_up, [connected])
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


def _hang_up(connected):
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)  # below TLS, whose state belongs to the reader


def quoted(key):
    """A key as the header `Idempotency-Key` wants it: a string of a structured field (RFC 8941), in ASCII."""
    return '"' + urllib.parse.quote(key, safe="/#:@!$&'()*+,;=?[] ") + '"'


def ask_model(binding, message, seconds):
    """Asks a model through Bedrock, once; the last JSON object of what it says is the reply."""
    model = json.loads(os.environ.get("BATON_MODELS", "{}")).get(binding, binding)
    told = (
        "You are one step of a pipeline. Do the work that `goal` describes on `context`. Reply with one JSON object "
        '{"made": …} and nothing else; `made` must fit the JSON Schema in `makes`.'
    )
    connect = min(seconds / 2, CONNECT)
    limits = Config(connect_timeout=connect, read_timeout=seconds - connect, retries={"total_max_attempts": 1})
    said = boto3.client("bedrock-runtime", config=limits).converse(
        modelId=model,
        system=[{"text": told}],
        messages=[{"role": "user", "content": [{"text": plain(message)}]}],
    )
    return last_object("".join(part.get("text", "") for part in said["output"]["message"]["content"]))


def last_object(text):
    """The last JSON object in a text, as it stands there; nothing if there is none."""
    found, at = "", text.find("{")
    while at >= 0:
        try:
            end = json.JSONDecoder().raw_decode(text, at)[1]
            found = text[at:end]
        except (ValueError, RecursionError):
            end = at + 1
        at = text.find("{", end)
    return found


# An owner is a function from (binding, message, seconds left) to a reply. An entry for an owner's name goes before
# the one for its kind.
OWNERS = {"script": run_script, "action": call_action, "model": ask_model}


def tell_people(task, message):
    """Tells a person, or the members of a queue, of an open visit: by the topic, and by what BATON_NOTIFY names. Whoever is
    told by neither looks into the inbox."""
    kind = "reminder" if task.get("reminder") else "arrival"
    text = in_words(message)[:LONGEST_NOTICE]
    notice = {"notice": kind, "contact": task["reach"]["binding"], "due": message["due"], "text": text, "task": message}
    topic, hook = os.environ.get("BATON_TOPIC"), os.environ.get("BATON_NOTIFY")
    if topic:
        publish(topic, f"{'Reminder: ' * (kind == 'reminder')}{task['flow']}: {task['state']}", notice)
    if hook:
        notify(hook, notice)


def publish(topic, subject, notice):
    """Puts a notice into a topic: programs get all of it, a mail says it in words."""
    message = plain({"default": plain(notice), "email": notice["text"]})
    if len(message.encode()) > LIMIT:
        message = plain({"default": notice["text"]})
    subject = subject.encode("ascii", "replace").decode()[:100]
    boto3.client("sns").publish(TopicArn=topic, Subject=subject, Message=message, MessageStructure="json")


def notify(hook, notice):
    """Gives a notice to a webhook, or to a command on its standard input. If that fails the work waits all the same."""
    visit, key = notice["task"]["visit"], f"{notice['task']['attempt']}/{notice['notice']}"
    try:
        if urllib.parse.urlsplit(hook).scheme in CONNECTIONS:
            request("POST", hook, notice, key, TELLING)
        else:
            run_script(hook, notice, TELLING)
    except Exception as error:  # whatever somebody else's hook does, the worker lives on
        log.warning("nobody could be told of %s (%s)", visit, type(error).__name__)


def in_words(message):
    """What waits, as people read it: the goal, the question, what is shown for it, and how to answer."""
    item, answer = shlex.quote(message["visit"].rsplit("/", 1)[0]), "python worker/answer.py"
    lines = [message["goal"], *filter(None, [message.get("question")])]
    lines += [f"  {path} = {plain(value)}" for path, value in evidence(message)]
    if message.get("options"):
        ways = ((option["name"], " or ".join(option["to"])) for option in message["options"])
        lines += [f"{answer} decide {item} {name:<12} -> {to}" for name, to in ways]
    else:
        made = message["makes"].get("properties", {})
        lines.append(f"{answer} deliver {item}" + "".join(f" --set {name}=…" for name in made))
    return "\n".join(map(harmless, lines))


def evidence(message):
    """What is there of what the owner reads: the fields; for a reviewer the asset, and the paths that are shown."""
    context, shows = message["context"], message.get("shows")
    paths = list(context) if shows is None else [message["asset"], *shows]
    found = ((path, _at(context, path.split("."))) for path in dict.fromkeys(paths))
    return [(path, value) for path, value in found if value is not None]


def _at(value, names):
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def harmless(text):
    """A line without what would do something to a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


# ------------------------------------------------------------------------------------------------------- worker


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def moment(task, seconds):
    """The time that lies `seconds` after the work arrived, or None."""
    arrived = datetime.datetime.fromisoformat(task["arrived"].replace("Z", "+00:00"))
    return arrived + datetime.timedelta(seconds=seconds) if seconds is not None else None


ENGINE = {"kind", "token", "execution", "reach", "retry", "arrived", "deadline", "accept", "not_before", "reminder"}


def told(task, number):
    """What the owner is told of a task: the protocol's message, without the engine's own fields."""
    message = {k: v for k, v in task.items() if k not in ENGINE}
    due, accept_due = moment(task, task["deadline"]), moment(task, task["accept"])
    message |= {"attempt": f"{task['visit']}.{number}", "due": due.isoformat()}
    return message | {"accept_due": accept_due.isoformat() if accept_due else None}


class Worker:
    """Takes tasks and answers, and keeps what it must remember of a visit in one DynamoDB table.

    `owners` maps an owner's name or kind to its function; `tell` is called once an open visit waits for people.
    `spare` says how many seconds an attempt may take here: by itself, as long as a message can be held. Everything may be
    delivered twice or break off in the middle: each step can be done again.
    """

    def __init__(self, table, sfn, sqs, owners=None, tell=tell_people, spare=lambda: LONGEST_HOLD - HOLD):
        self.table, self.sfn, self.sqs = table, sfn, sqs
        self.owners, self.tell, self.spare = OWNERS if owners is None else owners, tell, spare

    # -- tasks from the engine

    def handle(self, task, queue_url):
        """Takes one task from an owner's queue. When it returns, the message may be deleted."""
        if task["kind"] == "accept":
            return self._expect_acceptance(task)
        visit = self._open(task, queue_url)
        if visit.get("belongs_to") != task["execution"]:
            return self._turn_away(task)
        if "outcome" in visit:
            return self._deliver(visit)
        if now() >= moment(task, task["deadline"]) or unaccepted(visit, task):
            return log.info("%s is overdue: the engine's timer has taken it", task["visit"])
        if task.get("not_before", "") > now().isoformat():
            return self._later(task, queue_url)
        number = int(task.get("attempt", 1))
        if number <= int(visit.get("attempts", 0)):
            return log.info("%s.%d is done already", task["visit"], number)
        if task["reach"]["kind"] in BY_HAND:
            return self._tell(task, number, queue_url)
        return self._attempt(task, number, visit, queue_url)

    def _tell(self, task, number, queue_url):
        """Tells who works by hand of a task, and puts it back for the reminder if there is to be one."""
        self.tell(task, told(task, number))
        ahead = float(os.environ.get("BATON_REMIND") or 0)
        remind = moment(task, task["deadline"]) - datetime.timedelta(seconds=ahead)
        if ahead > 0 and not task.get("reminder") and now() < remind:
            self._later(task | {"reminder": True, "not_before": remind.isoformat()}, queue_url)

    def _expect_acceptance(self, task):
        fields = {":t": task["token"], ":x": task["execution"]}
        visit = self._claim(task, "SET accept_token = :t, belongs_to = :x", fields, OURS)
        if visit.get("belongs_to") != task["execution"]:
            return self._turn_away(task)
        if visit.get("accepted"):
            self._acknowledge(visit)

    def _open(self, task, queue_url):
        fields = {":t": task["token"], ":m": plain(task), ":e": self._expiry(task), ":a": task["arrived"]}
        fields |= {":x": task["execution"], ":q": queue_url}
        change = "SET #token = :t, task = :m, expires = :e, arrived = :a, belongs_to = :x, queue_url = :q"
        if task["reach"]["kind"] in BY_HAND:
            change, fields = change + ", waits_for = :w", fields | {":w": task["reach"]["owner"]}
        return self._claim(task, change, fields, f"{UNANSWERED} AND {OURS}", {"#token": "token"})

    def _claim(self, task, change, fields, only_if, names=None):
        """The visit's row: changed, or as it was where the condition does not hold."""
        try:
            return self._update(task["visit"], change, fields, names, only_if)
        except self._conflict:
            return self._get(task["visit"])

    def _turn_away(self, task):
        """Another execution has an item of this id: this one can't be worked on here, and its failure is taken."""
        log.warning("%s belongs to another execution", task["visit"])
        sent(self.sfn.send_task_failure, task["token"], error="Baton.Failed", cause="the item is at work elsewhere")

    @staticmethod
    def _expiry(task):
        month = datetime.timedelta(days=30)  # long enough to tell `late` and `duplicate` from `unknown`
        return int((moment(task, task["deadline"]) + month).timestamp())

    def _attempt(self, task, number, visit, queue_url):
        self._accept(visit)
        try:
            self._close(task["visit"], {"success": checked(self._work(task, number), task)})
        except Refused as refused:
            if refused.reason != "misfit":
                return log.warning("%s.%d is refused as %s", task["visit"], number, refused.reason)
            reason = str(refused)
        except Failed as failed:
            reason = str(failed)
        else:
            return None
        log.warning("%s.%d failed", task["visit"], number)
        try:
            self._again(task, number, reason, queue_url)
        except Refused as refused:
            log.warning("%s.%d is refused as %s", task["visit"], number, refused.reason)

    def _work(self, task, number):
        reach = task["reach"]
        work = self.owners.get(reach["owner"]) or self.owners.get(reach["kind"])
        if work is None:
            raise Failed(f"this worker knows no owner `{reach['owner']}`")
        left = min((moment(task, task["deadline"]) - now()).total_seconds(), self.spare() - MARGIN)
        try:
            reply = work(reach["binding"], told(task, number), max(left, 0.001))
        except Exception as error:  # whatever an owner does, the worker lives on and the attempt has failed
            raise Failed(str(error) or type(error).__name__) from error
        failure = _failure(reply)
        if failure is not None:
            raise Failed(failure)
        return reply

    def _again(self, task, number, reason, queue_url):
        """The next attempt, inside the deadline, or the failure exit once all attempts are used up. Raises Refused."""
        if number > task["retry"]["times"]:
            return self._close(task["visit"], {"failure": clipped(reason)})
        next_at = (now() + datetime.timedelta(seconds=task["retry"]["every"])).isoformat()
        self._later(task | {"attempt": number + 1, "not_before": next_at}, queue_url)
        fields = {":n": number, ":b": next_at}
        only_if = "attribute_not_exists(attempts) OR attempts < :n"
        with contextlib.suppress(self._conflict):  # delivered twice, and the other one was faster
            self._update(task["visit"], "SET attempts = :n, not_before = :b", fields, only_if=only_if)

    def _later(self, task, queue_url):
        """Puts a task back into its queue, for as long as SQS can hold it."""
        pause = (datetime.datetime.fromisoformat(task["not_before"]) - now()).total_seconds()
        delay = min(max(math.ceil(pause), 0), LONGEST_DELAY)
        self.sqs.send_message(QueueUrl=queue_url, MessageBody=plain(task), DelaySeconds=delay)

    # -- answers from people

    def answer(self, visit, made=None, decision=None):
        """Takes a person's answer to an open visit. Raises Refused; a refused answer changes nothing."""
        found, task = self._answerable(visit)
        reply = {"visit": visit, "made": made} | ({} if decision is None else {"decision": decision})
        self._close(found["visit"], {"success": checked(reply, task)})

    def fail(self, visit, reason):
        """A person reports that they can't do it: that was one attempt. Raises Refused."""
        found, task = self._answerable(visit)
        if found.get("not_before", "") > now().isoformat():
            raise Refused("duplicate", f"this attempt has failed already; the next begins at {found['not_before']}")
        self._again(task, int(found.get("attempts", 0)) + 1, str(reason), found["queue_url"])

    def accept(self, visit):
        """A person acknowledges that the work has reached them. Raises Refused."""
        found, task = self._answerable(visit)
        missed = unaccepted(found, task)
        if missed:
            raise Refused("late", "it was to be accepted by " + missed.isoformat())
        self._accept(found)

    def open(self, owner):
        """What waits for a person or a queue, oldest first."""
        return [message for message, _, _ in self.waiting(owner)]

    def waiting(self, owner=None):
        """What waits for one owner or, without one, for anybody, oldest first: message, contact, whether it is accepted."""
        index = {"TableName": self.table.name, "IndexName": "waits_for"}
        only = {"KeyConditionExpression": "waits_for = :w", "ExpressionAttributeValues": {":w": owner}} if owner else {}
        pages = self.table.meta.client.get_paginator("query" if owner else "scan").paginate(**index, **only)
        rows = sorted((row for page in pages for row in page["Items"]), key=lambda row: row["arrived"])
        found = ((row, json.loads(row["task"])) for row in rows)
        return [
            (told(task, int(row.get("attempts", 0)) + 1), task["reach"]["binding"], bool(row.get("accepted")))
            for row, task in found
            if now() < moment(task, task["deadline"])
        ]

    def makes(self, visit):
        """The schema of what is to be made at an open visit. Raises Refused."""
        return self._answerable(visit)[1]["makes"]

    def visit(self, named):
        """The visit that somebody means: of an item the one that waits, or any by its own name. Raises Refused."""
        visits = (message["visit"] for message, _, _ in self.waiting())
        found = next((visit for visit in visits if visit.rsplit("/", 1)[0] == named), None)
        if found or is_visit(named):
            return found or named
        if is_item(named) and "belongs_to" in self._get(f"{named}#item"):
            raise Refused("late", f"nothing of `{named}` waits for anybody")
        raise Refused("unknown", f"there is no item `{named}`")

    def _answerable(self, visit):
        if not is_visit(visit):
            raise Refused("unknown", "that is not the id of a visit")
        found = self._get(visit)
        if "outcome" in found:
            self._deliver(found)
            raise Refused("duplicate", "it has been answered already")
        if "task" not in found:
            raise Refused("unknown", f"no visit `{visit}` was delivered here")
        task = json.loads(found["task"])
        due = moment(task, task["deadline"])
        if found.get("late") or now() >= due:
            raise Refused("late", f"it was due by {due.isoformat()}")
        if task["reach"]["kind"] not in BY_HAND:
            raise Refused("unknown", f"`{visit}` is not a person's to answer")
        return found, task

    # -- answers to the engine

    def _accept(self, visit):
        self._acknowledge(self._update(visit["visit"], "SET accepted = :y", {":y": True}))

    def _acknowledge(self, visit):
        """Answers the acceptance timer, once its token has come: acceptance and token may come in either order. A token
        that is closed may have been answered by a worker that died before it wrote so: only the work's token says `late`."""
        if "accept_token" in visit and not visit.get("acknowledged"):
            sent(self.sfn.send_task_success, visit["accept_token"], output="{}")
            self._update(visit["visit"], "SET acknowledged = :y", {":y": True})

    def _close(self, visit, outcome):
        """Records the first valid answer, then tells the engine. Raises Refused."""
        try:
            change = "SET outcome = :o, accepted = :y REMOVE waits_for, task"
            fields = {":o": plain(outcome), ":y": True}
            closed = self._update(visit, change, fields, only_if=UNANSWERED)
        except self._conflict:
            self._deliver(self._get(visit))
            raise Refused("duplicate", "it has been answered already") from None
        self._deliver(closed)

    def _deliver(self, visit):
        """Tells the engine the recorded outcome; a worker that died before it could is made up for here."""
        if visit.get("late"):
            raise Refused("late", "the work had left this state")
        if visit.get("delivered"):
            return
        self._acknowledge(visit)
        outcome = json.loads(visit["outcome"])
        if "success" in outcome:
            self._engine(visit, self.sfn.send_task_success, output=plain(outcome["success"]))
        else:
            self._engine(visit, self.sfn.send_task_failure, error="Baton.Failed", cause=outcome["failure"])
        self._update(visit["visit"], "SET delivered = :y", {":y": True})

    def _engine(self, visit, send, **answer):
        if not sent(send, visit["token"], **answer):
            self._update(visit["visit"], "SET late = :y REMOVE waits_for", {":y": True})
            raise Refused("late", "the work had left this state")

    # -- the table

    @property
    def _conflict(self):
        return self.table.meta.client.exceptions.ConditionalCheckFailedException

    def _get(self, visit):
        return self.table.get_item(Key={"visit": visit}, ConsistentRead=True).get("Item", {"visit": visit})

    def _update(self, visit, change, values, names=None, only_if=None):
        extra = {"ExpressionAttributeNames": names} if names else {}
        extra |= {"ConditionExpression": only_if} if only_if else {}
        return self.table.update_item(
            Key={"visit": visit},
            UpdateExpression=change,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
            **extra,
        )["Attributes"]

    # -- a polling process

    def poll(self, queue_url, stop):
        """Takes tasks from one queue until `stop` is set, however often the queue does not answer. While an attempt lasts
        its message is held, so that nobody else takes it, be that for hours; SQS allows for twelve."""
        pause = 0
        while not stop.wait(pause):
            try:
                self._poll_once(queue_url)
                pause = 0
            except (ClientError, BotoCoreError) as error:
                pause = min(2 * pause or 1, LONGEST_PAUSE)
                log.warning("%s does not answer (%s): again in %d s", queue_url, type(error).__name__, pause)

    def _poll_once(self, queue_url):
        got = self.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=1, WaitTimeSeconds=1)
        for message in got.get("Messages", ()):
            receipt = {"QueueUrl": queue_url, "ReceiptHandle": message["ReceiptHandle"]}
            with self._held(receipt):
                taken = self.takes(message["Body"], queue_url)
            if taken:
                self.sqs.delete_message(**receipt)

    @contextlib.contextmanager
    def _held(self, receipt):
        """Keeps a message from all other pollers for as long as this lasts."""
        done = threading.Event()
        holder = threading.Thread(target=self._hold, args=(receipt, done))
        holder.start()
        try:
            yield
        finally:
            done.set()
            holder.join()

    def _hold(self, receipt, done):
        while not done.wait(RENEWAL):
            try:
                self.sqs.change_message_visibility(**receipt, VisibilityTimeout=HOLD)
            except (ClientError, BotoCoreError) as error:
                log.warning("%s does not hold a task (%s)", receipt["QueueUrl"], type(error).__name__)

    def takes(self, body, queue_url):
        """Whether the text of a message was taken. One that breaks the worker is left in the queue: it is delivered
        again, in the end to the dead-letter queue."""
        try:
            self.take(body, queue_url)
        except Exception as error:
            places = "".join(traceback.format_tb(error.__traceback__))  # without what was said: it may be an owner's
            log.error("could not handle a task of %s: %s\n%s", queue_url, type(error).__name__, places)
            return False
        return True

    def take(self, body, queue_url):
        """Takes the text of one message."""
        try:
            self.handle(json.loads(body), queue_url)
        except Refused as refused:
            log.warning("refused as %s", refused.reason)


def unaccepted(visit, task):
    """The time by which a visit was to be accepted, if it has passed and nobody has accepted it; else None."""
    due = moment(task, task["accept"])
    return due if due and not visit.get("accepted") and now() >= due else None


def sent(send, token, **answer):
    """Whether the engine still waited for this answer."""
    try:
        send(taskToken=token, **answer)
    except ClientError as error:
        if error.response["Error"]["Code"] not in CLOSED:
            raise
        return False
    return True


def is_visit(text):
    """Whether it is the id of a visit: ITEM/STATE#N."""
    try:
        fits = isinstance(text, str) and len(text.encode()) <= LONGEST_VISIT
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return fits and re.fullmatch(r".+/[^/#]+#[1-9][0-9]*", text, re.DOTALL) is not None


def clipped(reason):
    """A reason as the engine takes it: no longer than people read, and a text in any case."""
    text = reason.encode(errors="replace").decode()
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


def _failure(reply):
    """The reason of `{visit, fail: reason}`, or None for any other reply."""
    try:
        reply = exact(reply)
    except NOT_JSON:
        return None
    return str(reply["fail"]) if isinstance(reply, dict) and reply.get("fail") is not None else None


# ------------------------------------------------------------------------------------------------------ the door


def submit(sfn, table, machine, intake, record, item=None):
    """Lets one record into a flow: `intake` is its entry of `intakes.json`. Returns the item's id.

    Raises Refused(`misfit`) naming the field: such a record never becomes work. Submitting an item again changes
    nothing; an item that is in another flow is refused as `duplicate`.
    """
    item = str(uuid.uuid4()) if item is None else item
    if not is_item(item):
        raise Refused("misfit", f"item: expected a text of at most {LONGEST_ITEM} characters, and no visit in it")
    try:
        record, problem = fitted(exact(record), intake["schema"], "raw")
        given = plain({"item": item, "intake": intake["name"], "raw": record})
        size = len(given.encode())
    except NOT_JSON as error:
        raise Refused("misfit", f"not JSON ({type(error).__name__})") from None
    if problem or size > LIMIT:
        raise Refused("misfit", problem or f"raw: larger than {LIMIT} bytes")
    claim(table, item, machine)
    try:
        sfn.start_execution(stateMachineArn=machine, name=execution_name(item), input=given)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
    return item


def is_item(text):
    """Whether a submitter may give an item this id. One with a visit in it would be a run's of another item."""
    fits = isinstance(text, str) and 0 < len(text) <= LONGEST_ITEM and text.isprintable()
    return fits and re.search(r"/[^/#]+#[0-9]+/", text) is None


def claim(table, item, machine):
    """Makes an item a machine's own, for good: visits are known by item and state, whatever the flow."""
    try:
        table.update_item(
            Key={"visit": f"{item}#item"},  # no visit ends like that
            UpdateExpression="SET belongs_to = :x",
            ConditionExpression=OURS,
            ExpressionAttributeValues={":x": machine},
        )
    except table.meta.client.exceptions.ConditionalCheckFailedException:
        raise Refused("duplicate", f"`{item}` is an item of another flow") from None


def execution_name(item):
    """An item's id as the name of its execution; ids that can't be names are hashed, and those that look hashed."""
    if re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", item, re.ASCII) and not re.fullmatch(r"[0-9a-f]{64}", item):
        return item
    return hashlib.sha256(item.encode()).hexdigest()


# ---------------------------------------------------------------------------------------- Lambda and command line


def visits():
    return boto3.resource("dynamodb").Table(os.environ["BATON_TABLE"])


def from_environment(**options):
    return Worker(visits(), boto3.client("stepfunctions"), boto3.client("sqs"), **options)


def handler(event, context):
    """Lambda on an owner's queue, with partial batch responses."""
    worker = from_environment(spare=lambda: context.get_remaining_time_in_millis() / 1000)
    failed = [record for record in event["Records"] if not worker.takes(record["body"], queue_of(record))]
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def queue_of(record):
    """The URL of the queue that a Lambda record came from."""
    name = record["eventSourceARN"].rsplit(":", 1)[1]
    return boto3.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]


def answer_handler(event, _context):
    """Lambda for people's answers: `{visit, made, decision?}`, `{visit, fail}`, `{visit, accept: true}`, `{open: OWNER}`."""
    return _told_whether(lambda: answered(from_environment(), event))


def _told_whether(act):
    try:
        return {"taken": True} | act()
    except Refused as refused:
        return {"taken": False, "refused": refused.reason, "detail": refused.detail}


def answered(worker, event):
    """Does what one request to the door for answers asks. Raises Refused."""
    given = set(event) if isinstance(event, dict) else set()
    if given == {"open"} and isinstance(event["open"], str) and event["open"]:
        return {"open": worker.open(event["open"])}
    if given == {"visit", "accept"} and event["accept"] is True:
        worker.accept(event["visit"])
    elif given == {"visit", "fail"} and isinstance(event["fail"], str):
        worker.fail(event["visit"], event["fail"])
    elif {"visit", "made"} <= given <= {"visit", "made", "decision"}:
        worker.answer(event["visit"], event["made"], event.get("decision"))
    else:
        raise Refused("misfit", "expected {visit, made, decision?}, {visit, fail}, {visit, accept: true} or {open: owner}")
    return {}


def submit_handler(event, _context):
    """Lambda for sources: `{flow, intake, raw, item?}`; `intake` is a source's name, or an intake's in `intakes.json`."""
    return _told_whether(lambda: {"item": let_in(event)})


def let_in(event):
    """Lets in what one request to the door for sources asks. Raises Refused."""
    given = set(event) if isinstance(event, dict) else set()
    if not {"flow", "intake", "raw"} <= given <= {"flow", "intake", "raw", "item"}:
        raise Refused("misfit", "expected {flow, intake, raw, item?}")
    flow, intake = str(event["flow"]), str(event["intake"])
    known = [i for i in intakes().get(flow, ()) if intake in (i["name"], i["source"])]
    if not known:
        raise Refused("unknown", f"`{flow}` has no intake `{intake}`")
    machine = json.loads(os.environ["BATON_MACHINES"])[flow]
    return submit(boto3.client("stepfunctions"), visits(), machine, known[0], event["raw"], event.get("item"))


def intakes():
    """The intakes of each flow."""
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "intakes.json")
    with open(os.environ.get("BATON_INTAKES", beside), encoding="utf-8") as file:
        return json.load(file)


def died_handler(event, _context):
    """Lambda on executions that ended badly, whatever of: a flow that called one of them learns of it at once."""
    died(event["detail"], boto3.client("stepfunctions"))


def died(detail, sfn):
    """Tells the caller of this execution, if it had one; who has been told by an end no longer waits."""
    given = json.loads(sfn.describe_execution(executionArn=detail["executionArn"]).get("input", "{}"))
    if given.get("caller"):
        sent(sfn.send_task_failure, given["caller"], error="Baton.Died", cause=f"the run has {detail['status']}")


def main():
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    parser = argparse.ArgumentParser(description="Takes tasks from queues until it is interrupted.")
    parser.add_argument("queue", nargs="+", help="a queue's URL")
    stop = threading.Event()
    threads = [threading.Thread(target=from_environment().poll, args=(url, stop)) for url in parser.parse_args().queue]
    for thread in threads:
        thread.start()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        stop.set()


if __name__ == "__main__":
    main()
