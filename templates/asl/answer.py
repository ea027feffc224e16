"""What people do with a pipeline that Baton compiled for Step Functions: see what waits for them, answer, let work in.

The words are those of `baton inbox`, `decide`, `deliver`, `accept`, `fail` and `submit`. An answer that is late, given twice,
to something unknown, or does not fit is refused with the reason and changes nothing; the command then ends with status 1.

It finds the pipeline by `--stack NAME` or BATON_STACK, the name under which the template was deployed; without either by
BATON_TABLE and BATON_MACHINES, as the worker does. AWS_ENDPOINT_URL leads it to a server that behaves like AWS. It runs
with the rights of whoever calls it: those that the functions `Answer` and `Submit` have in the template.
"""

import argparse
import datetime
import json
import os
import re
import sys
from decimal import Decimal

import boto3

import worker

FIGURE = r"-?[0-9][0-9_]*(?:\.[0-9]+)?"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}


class Unusable(Exception):
    """Something that was typed can't be read; its text says what and why."""


# ------------------------------------------------------------------------------------------------- what was made


def value(text, schema, resolved):
    """A value as its type is written in a `.flow` file: `70%`, `1h30m`, `0.15 EUR`; lists and whole records as JSON."""
    schema = resolved(schema)
    for choice in schema.get("anyOf", ()):
        if resolved(choice).get("type") != "null":
            return value(text, choice, resolved)
    kind = schema.get("type", "string")
    if kind in ("number", "integer"):
        return whole(number(text.strip(), schema))
    if kind == "string":
        return text
    try:
        return json.loads(text)
    except worker.NOT_JSON:
        raise Unusable("expected true or false" if kind == "boolean" else "expected JSON") from None


def number(text, schema):
    """A figure, with the unit of its type."""
    share = re.fullmatch(rf"({FIGURE})%", text)
    if share:
        return Decimal(share[1].replace("_", "")) / 100
    amount = re.fullmatch(rf"({FIGURE}) ?([A-Z]{{3}})", text)
    if amount and amount[2] == schema.get("title"):
        return Decimal(amount[1].replace("_", ""))
    if re.fullmatch(r"(?:[0-9]+[smhdw])+", text):
        return Decimal(sum(int(count) * SECONDS[unit] for count, unit in re.findall(r"([0-9]+)([smhdw])", text)))
    if re.fullmatch(FIGURE, text):
        return Decimal(text.replace("_", ""))
    unit = f", an amount such as `0.15 {schema['title']}`" if "title" in schema else ""
    raise Unusable(f"expected a number such as `0.85`, `70%`, a duration such as `1h30m`{unit}")


def whole(figure):
    """A figure as JSON has it; a double prints the 15 digits that travel back as they were."""
    return int(figure) if figure == figure.to_integral_value() else float(figure)


def assign(made, assignment, schema, resolved):
    """Puts one `field=value`, or `field.below=value`, where it belongs."""
    path, separator, text = assignment.partition("=")
    *way, last = path.strip().split(".")
    if not separator:
        raise Unusable("it is written `field=value`")
    for name in way:
        schema, made = below(schema, name, resolved), made.setdefault(name, {})
    made[last] = value(text, below(schema, last, resolved), resolved)


def below(schema, name, resolved):
    """The schema of a field."""
    schema = resolved(schema)
    records = (resolved(choice) for choice in schema.get("anyOf", [schema]))
    fields = next((record["properties"] for record in records if "properties" in record), {})
    if name not in fields:
        raise Unusable(f"there is no `{name}`; " + (f"there are {', '.join(fields)}" if fields else "it has no fields"))
    return fields[name]


def made_of(desk, visit, arguments):
    """What somebody has made: the assignments, or the file with all of it."""
    if arguments.file:
        return json.loads(text_of(arguments.file))
    if not arguments.set:
        return {}
    document, made = desk.makes(visit), {}
    schema = worker.Schema(document)
    for assignment in arguments.set:
        try:
            assign(made, assignment, document, schema.resolved)
        except Unusable as why:
            raise Unusable(f"`--set {assignment}` can't be read: {why}") from None
    return made


def text_of(path):
    if path == "-":
        return sys.stdin.read()
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise Unusable(f"`{path}` can't be read: {error.strerror}") from None


# ------------------------------------------------------------------------------------------------- the commands


def inbox(desk, arguments):
    waiting = [
        (message, contact, accepted)
        for message, contact, accepted in desk.waiting()
        if arguments.who in (None, message["owner"], contact)
    ]
    if arguments.format == "json":
        tasks = [{"task": message, "contact": contact, "accepted": accepted} for message, contact, accepted in waiting]
        return print(json.dumps(tasks, indent=2, ensure_ascii=False))
    for message, contact, accepted in waiting:
        state = f"due in {left(message['due'])}" + ", accepted" * accepted
        print(worker.harmless(f"{message['visit']}: for {message['owner']} ({contact}), {state}"))
        print("  " + worker.in_words(message).replace("\n", "\n  ") + "\n")
    print(f"{len(waiting)} open visit{'s' * (len(waiting) != 1)}" if waiting else "nothing waits for anybody")


def left(due):
    """`2d`, `23h`, `12m`: until when, roughly, as people say it."""
    seconds = max((datetime.datetime.fromisoformat(due) - worker.now()).total_seconds(), 0)
    unit = next((unit for unit in "wdhm" if seconds >= SECONDS[unit]), "s")
    return f"{int(seconds // SECONDS[unit])}{unit}"


def decide(desk, arguments):
    visit = desk.visit(arguments.item)
    desk.answer(visit, made_of(desk, visit, arguments), arguments.option)
    print(f"taken: {visit}")


def deliver(desk, arguments):
    visit = desk.visit(arguments.item)
    desk.answer(visit, made_of(desk, visit, arguments))
    print(f"taken: {visit}")


def accept(desk, arguments):
    visit = desk.visit(arguments.item)
    desk.accept(visit)
    print(f"taken: {visit}")


def fail(desk, arguments):
    visit = desk.visit(arguments.item)
    desk.fail(visit, arguments.reason)
    print(f"taken: {visit}")


def submit(_desk, arguments):
    intake = arguments.intake or only_intake(arguments.flow)
    for record, text in records(text_of(arguments.input)):
        item = named(record, arguments.id_from) if arguments.id_from else arguments.item
        given = {"flow": arguments.flow, "intake": intake, "raw": text}
        print("taken: " + worker.let_in(given | ({} if item is None else {"item": item})))


def named(record, member):
    name = record.get(member) if isinstance(record, dict) else None
    if name is None:
        raise Unusable(f"a record has no `{member}`")
    return name if isinstance(name, str) else worker.plain(name)


def only_intake(flow):
    sources = [intake["name"] for intake in worker.intakes().get(flow, ())]
    if len(sources) == 1:
        return sources[0]
    raise Unusable(f"`{flow}` has several intakes: say --intake" if sources else f"there is no flow `{flow}` with an intake")


def records(text):
    """The records of a file: one JSON object, several one after the other, or a list; each with its own text."""
    decoder = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal)
    text = text.strip()
    if text[:1] == "[" and text[-1:] == "]":
        text = text[1:-1].strip()
    try:
        while text:
            found, end = decoder.raw_decode(text)
            yield found, text[:end]
            text = text[end:].lstrip(", \t\r\n")
    except worker.NOT_JSON as error:
        raise Unusable(f"the records are no JSON ({error})") from None


# ------------------------------------------------------------------------------------------------- command line


def connect(stack):
    """Finds the pipeline, and returns the desk at which people answer."""
    if stack:
        found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found}
        os.environ |= {"BATON_TABLE": outputs["Visits"], "BATON_MACHINES": outputs["Machines"]}
    if not os.environ.get("BATON_TABLE"):
        raise Unusable("which pipeline? Say --stack NAME, or set BATON_STACK, or BATON_TABLE and BATON_MACHINES")
    return worker.from_environment()


def parser():
    root = argparse.ArgumentParser(description="See what waits for people in a pipeline, answer, and let work in.")
    root.add_argument("--stack", default=os.environ.get("BATON_STACK"), help="the name under which it was deployed")
    commands = root.add_subparsers(required=True, metavar="COMMAND")

    def command(run, text, *names):
        found = commands.add_parser(run.__name__, help=text)
        found.set_defaults(run=run)
        for name in names:
            found.add_argument(name, **ARGUMENTS[name])
        return found

    command(inbox, "what waits for whom and until when", "who", "--format")
    command(decide, "decide on an approval", "item", "option", "--set", "--file")
    command(deliver, "deliver what a state makes", "item", "--set", "--file")
    command(accept, "say that the work has reached you", "item")
    command(fail, "say that you can't do it", "item", "--reason")
    command(submit, "let records in", "flow", "--input", "--intake", "--item", "--id-from")
    return root


ARGUMENTS = {
    "who": {"nargs": "?", "help": "only what waits for this actor, or for this contact"},
    "--format": {"choices": ["text", "json"], "default": "text", "help": "for people, or for programs"},
    "item": {"help": "the item, whose open visit is meant, or a visit: page-1, page-1/review#2"},
    "option": {"help": "one of the options"},
    "--set": {"action": "append", "metavar": "FIELD=VALUE", "help": "a field that is made, or one inside of it"},
    "--file": {"help": "a file with everything that is made, as a JSON object; - is standard input"},
    "--reason": {"required": True, "help": "why it can't be done"},
    "flow": {"help": "the flow"},
    "--input": {"required": True, "help": "the file with the records; - is standard input"},
    "--intake": {"help": "the source, where the flow has several"},
    "--item": {"help": "the item's name, for one record; letting it in again changes nothing"},
    "--id-from": {"metavar": "MEMBER", "help": "the member of each record that is its item's name"},
}


def main():
    arguments = parser().parse_args()
    try:
        arguments.run(connect(arguments.stack), arguments)
    except worker.Refused as refused:
        print(f"refused as {refused}", file=sys.stderr)
        sys.exit(1)
    except (Unusable, *worker.NOT_JSON, worker.ClientError, worker.BotoCoreError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
