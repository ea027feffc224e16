"""The worker of a pipeline that Baton compiled for Step Functions.

The state machine puts a task for an owner into that owner's queue and waits on a token. This file takes the task,
lets the owner work (with its retries, all under the one token), checks what the owner made, and answers the token.
It never decides where work goes next: thresholds, bounds and deadlines belong to the state machine.

It runs as a Lambda function on the queues (`handler`, `answer_handler`, `submit_handler`), or anywhere else as
`python worker.py poll`. `python worker.py --help` lists what people can do with it. It needs boto3 and nothing else.

Environment: BATON_TABLE (the table of visits), BATON_TOPIC (optional: where people are told of open visits),
BATON_MODELS (optional: a JSON object from a model's route to a Bedrock model id), BATON_MACHINES (a JSON object
from a flow's name to its state machine's ARN) and BATON_INTAKES (the file with the intakes, `intakes.json`).
"""

import argparse
import datetime
import hashlib
import json
import logging
import math
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request
import uuid
from decimal import Decimal

import boto3
from botocore.exceptions import ClientError

log = logging.getLogger("baton")

LIMIT = 256 * 1024  # bytes that one answer may hold: the payload limit of Step Functions
DIGITS = 15  # significant digits that survive the engine's comparison of doubles
MAGNITUDE = 300  # and its largest power of ten, either way
LONGEST_DELAY = 900  # seconds that SQS can hold a message back
CLOSED = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}  # the engine no longer waits on this token
UNANSWERED = "attribute_not_exists(outcome)"
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
        schema = self._resolved(self.document if schema is None else schema)
        unknown = set(schema) - set(CHECKS) - NOTES
        if unknown:
            return f"{path}: this worker does not know the schema keyword `{min(unknown)}`"
        checks = (check(self, value, schema, path) for keyword, check in CHECKS.items() if keyword in schema)
        return next(filter(None, checks), None)

    def with_nulls(self, value, schema=None):
        """`value` with every missing property that may be absent written as null: missing reads as null."""
        schema = self._resolved(self.document if schema is None else schema)
        for choice in schema.get("anyOf", ()):
            value = self.with_nulls(value, choice)
        if isinstance(value, list) and "items" in schema:
            return [self.with_nulls(v, schema["items"]) for v in value]
        if not isinstance(value, dict) or "properties" not in schema:
            return value
        properties = schema["properties"]
        filled = {k: self.with_nulls(v, properties[k]) if k in properties else v for k, v in value.items()}
        absent = {k: None for k, s in properties.items() if k not in value and self.misfit(None, k, s) is None}
        return {**filled, **absent}

    def _resolved(self, schema):
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
    return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant)


def _no_constant(name):
    raise ValueError(f"`{name}` is not a number")


def plain(value):
    """`value` as JSON text. Numbers hold at most 15 digits by now, so a double prints them back as they were."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_number)


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
    """Runs a command: the message on its standard input, the reply on its standard output."""
    with tempfile.TemporaryFile() as given:
        given.write(plain(message).encode())
        given.seek(0)
        process = subprocess.Popen(shlex.split(binding), stdin=given, stdout=subprocess.PIPE, start_new_session=True)
    clock = threading.Timer(seconds, _kill, [process])
    clock.start()
    try:
        output = process.stdout.read(LIMIT + 1)
        if len(output) > LIMIT:
            raise Failed(f"it wrote more than {LIMIT} bytes")
        if process.wait() != 0:
            raise Failed(f"it ended with status {process.returncode}")
        return output
    finally:
        clock.cancel()
        _kill(process)
        process.stdout.close()


def _kill(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def call_action(binding, message, seconds):
    """Calls `METHOD URL` with the message as its body; the body of the response is the reply."""
    method, url = binding.split(None, 1)
    headers = {"Content-Type": "application/json", "Idempotency-Key": message["attempt"]}
    request = urllib.request.Request(url, plain(message).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=seconds) as response:
        return response.read(LIMIT + 1)


def ask_model(binding, message, _seconds):
    """Asks a model through Bedrock; the last JSON object of what it says is the reply."""
    model = json.loads(os.environ.get("BATON_MODELS", "{}")).get(binding, binding)
    told = (
        "You are one step of a pipeline. Do the work that `goal` describes on `context`. Reply with one JSON object "
        '{"made": …} and nothing else; `made` must fit the JSON Schema in `makes`.'
    )
    client = boto3.client("bedrock-runtime")
    said = client.converse(
        modelId=model,
        system=[{"text": told}],
        messages=[{"role": "user", "content": [{"text": plain(message)}]}],
    )
    text = "".join(part.get("text", "") for part in said["output"]["message"]["content"])
    return text[text.find("{") : text.rfind("}") + 1]


# An owner is a function from (binding, message, seconds left) to a reply. An entry for an owner's name goes before
# the one for its kind.
OWNERS = {"script": run_script, "action": call_action, "model": ask_model}


def tell_people(task, message):
    """Tells a person, or the members of a queue, of an open visit. Without a topic they look with `open`."""
    topic = os.environ.get("BATON_TOPIC")
    if topic:
        subject = f"{task['flow']}: {task['state']}".encode("ascii", "replace").decode()[:100]
        boto3.client("sns").publish(TopicArn=topic, Subject=subject, Message=plain(message))


# ------------------------------------------------------------------------------------------------------- worker


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def moment(task, seconds):
    """The time that lies `seconds` after the work arrived, or None."""
    arrived = datetime.datetime.fromisoformat(task["arrived"].replace("Z", "+00:00"))
    return arrived + datetime.timedelta(seconds=seconds) if seconds is not None else None


ENGINE = {"kind", "token", "reach", "retry", "arrived", "deadline", "accept", "not_before"}


def told(task, number):
    """What the owner is told of a task: the protocol's message, without the engine's own fields."""
    message = {k: v for k, v in task.items() if k not in ENGINE}
    due, accept_due = moment(task, task["deadline"]), moment(task, task["accept"])
    message |= {"attempt": f"{task['visit']}.{number}", "due": due.isoformat()}
    return message | {"accept_due": accept_due.isoformat() if accept_due else None}


class Worker:
    """Takes tasks and answers, and keeps what it must remember of a visit in one DynamoDB table.

    `owners` maps an owner's name or kind to its function; `tell` is called once an open visit waits for people.
    Everything may be delivered twice or break off in the middle: each step can be done again.
    """

    def __init__(self, table, sfn, sqs, owners=None, tell=tell_people):
        self.table, self.sfn, self.sqs = table, sfn, sqs
        self.owners, self.tell = OWNERS if owners is None else owners, tell

    # -- tasks from the engine

    def handle(self, task, queue_url):
        """Takes one task from an owner's queue. When it returns, the message may be deleted."""
        if task["kind"] == "accept":
            return self._expect_acceptance(task)
        visit = self._open(task)
        if "outcome" in visit:
            return self._deliver(visit)
        if now() >= moment(task, task["deadline"]):
            return log.info("%s is overdue: the engine's timer has taken it", task["visit"])
        if task["reach"]["kind"] in BY_HAND:
            return self.tell(task, told(task, 1))
        if task.get("not_before", "") > now().isoformat():
            return self._later(task, queue_url)
        return self._attempt(task, visit, queue_url)

    def _expect_acceptance(self, task):
        visit = self._update(task["visit"], "SET accept_token = :t", {":t": task["token"]})
        if visit.get("accepted"):
            self._acknowledge(visit)

    def _open(self, task):
        fields = {":t": task["token"], ":m": plain(task), ":e": self._expiry(task), ":a": task["arrived"]}
        change = "SET #token = :t, task = :m, expires = :e, arrived = :a"
        if task["reach"]["kind"] in BY_HAND:
            change, fields = change + ", waits_for = :w", fields | {":w": task["reach"]["owner"]}
        try:
            return self._update(task["visit"], change, fields, {"#token": "token"}, UNANSWERED)
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return self._get(task["visit"])

    @staticmethod
    def _expiry(task):
        month = datetime.timedelta(days=30)  # long enough to tell `late` and `duplicate` from `unknown`
        return int((moment(task, task["deadline"]) + month).timestamp())

    def _attempt(self, task, visit, queue_url):
        number = int(task.get("attempt", 1))
        if number <= int(visit.get("attempts", 0)):
            return log.info("%s.%d is done already", task["visit"], number)
        self._accept(visit)
        try:
            self._close(task["visit"], {"success": checked(self._work(task, number), task)})
        except Refused as refused:
            if refused.reason != "misfit":
                return log.warning("%s.%d is refused as %s", task["visit"], number, refused)
            self._again(task, number, str(refused), queue_url)
        except Failed as failed:
            self._again(task, number, str(failed), queue_url)

    def _work(self, task, number):
        reach = task["reach"]
        work = self.owners.get(reach["owner"]) or self.owners.get(reach["kind"])
        if work is None:
            raise Failed(f"this worker knows no owner `{reach['owner']}`")
        left = (moment(task, task["deadline"]) - now()).total_seconds()
        try:
            reply = work(reach["binding"], told(task, number), max(left, 0.001))
        except Exception as error:  # whatever an owner does, the worker lives on and the attempt has failed
            raise Failed(str(error) or type(error).__name__) from error
        failure = _failure(reply)
        if failure is not None:
            raise Failed(failure)
        return reply

    def _again(self, task, number, reason, queue_url):
        """The next attempt, inside the deadline, or the failure exit once all attempts are used up."""
        log.warning("%s.%d failed: %s", task["visit"], number, reason)
        if number > task["retry"]["times"]:
            try:
                return self._close(task["visit"], {"failure": reason})
            except Refused as refused:
                return log.warning("%s.%d is refused as %s", task["visit"], number, refused)
        next_at = now() + datetime.timedelta(seconds=task["retry"]["every"])
        self._later(task | {"attempt": number + 1, "not_before": next_at.isoformat()}, queue_url)
        self._update(task["visit"], "SET attempts = :n", {":n": number})

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
        """A person reports that they can't do it. Raises Refused."""
        found, _ = self._answerable(visit)
        self._close(found["visit"], {"failure": str(reason)})

    def accept(self, visit):
        """A person acknowledges that the work has reached them. Raises Refused."""
        found, task = self._answerable(visit)
        due = moment(task, task["accept"])
        if due and not found.get("accepted") and now() >= due:
            raise Refused("late", "it was to be accepted by " + due.isoformat())
        self._accept(found)

    def open(self, owner):
        """What waits for a person or a queue, oldest first."""
        condition, names = "waits_for = :w", {":w": owner}
        pages = self.table.meta.client.get_paginator("query").paginate(
            TableName=self.table.name,
            IndexName="waits_for",
            KeyConditionExpression=condition,
            ExpressionAttributeValues=names,
        )
        tasks = (json.loads(item["task"]) for page in pages for item in page["Items"])
        return [told(task, 1) for task in tasks if now() < moment(task, task["deadline"])]

    def _answerable(self, visit):
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
        """Answers the acceptance timer, once its token has come: acceptance and token may come in either order."""
        if "accept_token" in visit and not visit.get("acknowledged"):
            self._engine(visit, self.sfn.send_task_success, taskToken=visit["accept_token"], output="{}")
            self._update(visit["visit"], "SET acknowledged = :y", {":y": True})

    def _close(self, visit, outcome):
        """Records the first valid answer, then tells the engine. Raises Refused."""
        try:
            change = "SET outcome = :o, accepted = :y REMOVE waits_for, task"
            fields = {":o": plain(outcome), ":y": True}
            closed = self._update(visit, change, fields, only_if=UNANSWERED)
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
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
            self._engine(visit, self.sfn.send_task_failure, error="Baton.Failed", cause=outcome["failure"][:32768])
        self._update(visit["visit"], "SET delivered = :y", {":y": True})

    def _engine(self, visit, send, **answer):
        try:
            send(**({"taskToken": visit["token"]} | answer))
        except ClientError as error:
            if error.response["Error"]["Code"] not in CLOSED:
                raise
            self._update(visit["visit"], "SET late = :y REMOVE waits_for", {":y": True})
            raise Refused("late", "the work had left this state") from None

    # -- the table

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
        """Takes tasks from one queue until `stop` is set. A task that breaks the worker is delivered again."""
        while not stop.is_set():
            got = self.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=1, WaitTimeSeconds=1)
            for message in got.get("Messages", ()):
                try:
                    self.take(message["Body"], queue_url)
                except Exception:  # left in the queue: delivered again, in the end to the dead-letter queue
                    log.exception("could not handle a task of %s", queue_url)
                else:
                    self.sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])

    def take(self, body, queue_url):
        """Takes the text of one message."""
        try:
            self.handle(json.loads(body), queue_url)
        except Refused as refused:
            log.warning("refused as %s", refused)


def _failure(reply):
    """The reason of `{visit, fail: reason}`, or None for any other reply."""
    try:
        reply = exact(reply)
    except NOT_JSON:
        return None
    return str(reply["fail"]) if isinstance(reply, dict) and reply.get("fail") is not None else None


# ------------------------------------------------------------------------------------------------------ the door


def submit(sfn, machine, intake, record, item=None):
    """Lets one record into a flow: `intake` is its entry of `intakes.json`. Returns the item's id.

    Raises Refused(`misfit`) naming the field: such a record never becomes work. Submitting an item again changes
    nothing.
    """
    try:
        record, problem = fitted(exact(record), intake["schema"], "raw")
    except NOT_JSON as error:
        raise Refused("misfit", f"not JSON ({error})") from None
    if problem:
        raise Refused("misfit", problem)
    item = item or str(uuid.uuid4())
    given = plain({"item": item, "intake": intake["name"], "raw": record})
    try:
        sfn.start_execution(stateMachineArn=machine, name=execution_name(item), input=given)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
    return item


def execution_name(item):
    """An item's id as the name of its execution; ids that can't be names are hashed."""
    if re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", item, re.ASCII):
        return item
    return hashlib.sha256(item.encode()).hexdigest()


# ---------------------------------------------------------------------------------------- Lambda and command line


def from_environment():
    table = boto3.resource("dynamodb").Table(os.environ["BATON_TABLE"])
    return Worker(table, boto3.client("stepfunctions"), boto3.client("sqs"))


def handler(event, _context):
    """Lambda on an owner's queue, with partial batch responses."""
    worker, failed = from_environment(), []
    for record in event["Records"]:
        try:
            worker.take(record["body"], queue_of(record))
        except Exception:  # delivered again, in the end to the dead-letter queue
            log.exception("could not handle a task")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def queue_of(record):
    """The URL of the queue that a Lambda record came from."""
    name = record["eventSourceARN"].rsplit(":", 1)[1]
    return boto3.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]


def answer_handler(event, _context):
    """Lambda for people's answers: `{visit, made, decision?}`, `{visit, fail}`, `{visit, accept: true}`, `{open: OWNER}`."""
    worker = from_environment()
    try:
        return {"taken": True} | _answer(worker, event)
    except Refused as refused:
        return {"taken": False, "refused": refused.reason, "detail": refused.detail}


def _answer(worker, event):
    if "open" in event:
        return {"open": worker.open(event["open"])}
    if event.get("accept"):
        worker.accept(event["visit"])
    elif event.get("fail") is not None:
        worker.fail(event["visit"], event["fail"])
    else:
        worker.answer(event["visit"], event.get("made"), event.get("decision"))
    return {}


def submit_handler(event, _context):
    """Lambda for sources: `{flow, intake, raw, item?}`; `intake` is a source's name, or an intake's in `intakes.json`."""
    try:
        return {"taken": True, "item": _submit(event)}
    except Refused as refused:
        return {"taken": False, "refused": refused.reason, "detail": refused.detail}


def _submit(event):
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "intakes.json")
    with open(os.environ.get("BATON_INTAKES", beside), encoding="utf-8") as file:
        intakes = json.load(file)
    known = [i for i in intakes.get(event["flow"], ()) if event["intake"] in (i["name"], i["source"])]
    if not known:
        raise Refused("unknown", f"`{event['flow']}` has no intake `{event['intake']}`")
    machine = json.loads(os.environ["BATON_MACHINES"])[event["flow"]]
    return submit(boto3.client("stepfunctions"), machine, known[0], event["raw"], event.get("item"))


def _poll(arguments):
    worker, stop = from_environment(), threading.Event()
    threads = [threading.Thread(target=worker.poll, args=(url, stop)) for url in arguments.queue]
    for thread in threads:
        thread.start()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        stop.set()


def main():
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(required=True)

    def command(name, text, run):
        found = commands.add_parser(name, help=text)
        found.set_defaults(run=run)
        return found

    poll = command("poll", "take tasks from queues until interrupted", _poll)
    poll.add_argument("queue", nargs="+", help="a queue's URL")
    answer = command("answer", "answer an open visit", lambda a: answer_handler(_given(a), None))
    answer.add_argument("visit")
    answer.add_argument("--made", type=json.loads, default={}, help="what was made, as a JSON object")
    answer.add_argument("--decision")
    accept = command("accept", "acknowledge that an open visit has reached you", lambda a: answer_handler(_given(a), None))
    accept.add_argument("visit")
    accept.set_defaults(accept=True)
    fail = command("fail", "report that an open visit can't be done", lambda a: answer_handler(_given(a), None))
    fail.add_argument("visit")
    fail.add_argument("fail", metavar="reason")
    waiting = command("open", "list what waits for a person or a queue", lambda a: answer_handler(_given(a), None))
    waiting.add_argument("open", metavar="owner")
    door = command("submit", "let a record into a flow", lambda a: submit_handler(_given(a), None))
    door.add_argument("flow")
    door.add_argument("intake")
    door.add_argument("raw", type=json.loads, help="the record, as JSON")
    door.add_argument("--item", help="the item's id; submitting it again changes nothing")
    arguments = parser.parse_args()
    result = arguments.run(arguments)
    if result is not None:
        print(json.dumps(result, indent=2, ensure_ascii=False))
        sys.exit(0 if result["taken"] else 1)


def _given(arguments):
    return {k: v for k, v in vars(arguments).items() if k != "run"}


if __name__ == "__main__":
    main()
