"""The commands: workers, and what people say. Must not know: how anything is done."""

import argparse
import asyncio
import getpass
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from . import exact, written
from .desk import Desk, readable
from .item import Key, Record, Refused
from .worker import FOLDER, connect, serve
from .workflow import plans


class Wrong(Exception):
    """The command can't be meant like that."""


Command = Callable[[Desk, argparse.Namespace], Coroutine[Any, Any, None]]


async def submit(desk: Desk, given: argparse.Namespace) -> None:
    flow, intake = _door(given.flow, given.intake)
    records = _records(given.input)
    if not records:
        raise Wrong(f"`{given.input}` holds no record")
    if given.item and len(records) != 1:
        raise Wrong(f"`--item` is for one record, and there are {len(records)}")
    refused = 0
    for record in records:
        id = given.item or (str(record.get(given.id_from)) if given.id_from and isinstance(record, dict) else None)
        try:
            id, is_new = await desk.submit(flow, intake, record, id)
            print(f"{id}: {'let in' if is_new else 'there already, nothing has changed'}")
        except Refused as why:
            refused += 1
            print(f"`{id or 'a record'}` is refused as {why}", file=sys.stderr)
    if refused:
        raise Refused("misfit", f"{refused} of {len(records)} records")


async def decide(desk: Desk, given: argparse.Namespace) -> None:
    visit = await _visit(desk, given.item)
    await _reply(desk, visit, {"made": await _made(desk, visit, given), "decision": given.option}, given.by)


async def deliver(desk: Desk, given: argparse.Namespace) -> None:
    visit = await _visit(desk, given.item)
    await _reply(desk, visit, {"made": await _made(desk, visit, given)}, given.by)


async def accept(desk: Desk, given: argparse.Namespace) -> None:
    await _reply(desk, await _visit(desk, given.item), {"accept": True}, given.by)


async def fail(desk: Desk, given: argparse.Namespace) -> None:
    await _reply(desk, await _visit(desk, given.item), {"fail": given.reason}, given.by)


async def cancel(desk: Desk, given: argparse.Namespace) -> None:
    _say(await desk.cancel(given.item, given.reason, given.by))


async def inbox(desk: Desk, given: argparse.Namespace) -> None:
    count = 0
    async for item, shown in desk.items(open=True):
        task = await desk.task(item) if shown["by_hand"] else None
        if task and given.who in (None, task["owner"], _contact(desk, task)):
            count += 1
            print(exact.dumps(task) if given.json else _letter(task, _contact(desk, task)))
    if not given.json:
        print(f"{count} open visit{'' if count == 1 else 's'}")


async def status(desk: Desk, given: argparse.Namespace) -> None:
    if given.item:
        print(exact.dumps(await desk.status(given.item)))
        return
    async for item, shown in desk.items(open=not given.all):
        print(f"{item}: {shown['state']}, {shown['owner']}, due {shown['due'] or 'never'}")


async def log(desk: Desk, given: argparse.Namespace) -> None:
    for line in await desk.log(given.item):
        print(exact.dumps(line) if given.json else _told(line))


# ------------------------------------------------------------------------------------------------- what is meant


def _door(flow: str | None, intake: str | None) -> tuple[str, str]:
    """The flow and the source that are meant, of those by which work comes in from outside."""
    flows = plans[plans.current]["flows"]
    doors = {name: [d["from"] for d in f["intakes"].values() if "from" in d] for name, f in flows.items()}
    flow = _one("flow", [name for name, sources in doors.items() if sources], flow)
    return flow, _one("intake", doors[flow], intake)


def _one(noun: str, names: list[str], named: str | None) -> str:
    if named in names:
        return str(named)
    if named is None and len(names) == 1:
        return names[0]
    raise Wrong(f"which {noun} is meant? say `--{noun}` with one of {', '.join(names)}")


def _records(file: str) -> list[Any]:
    """One JSON object, a list of them, or one a line."""
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    try:
        found = readable(text.encode())
    except Refused:
        return [readable(line.encode()) for line in text.splitlines() if line.strip()]
    return found if isinstance(found, list) else [found]


async def _visit(desk: Desk, named: str) -> str:
    """A visit, or the open one of an item. An item's id may look like a visit's only if it is a run's."""
    if Key.read(named):
        return named
    found = await desk.status(named)
    if "visit" not in found:
        raise Refused("late", "the item has ended")
    return str(found["visit"])


async def _made(desk: Desk, visit: str, given: argparse.Namespace) -> Any:
    if given.file:
        return readable(Path(given.file).read_bytes())
    key = Key.read(visit)
    found = await desk.status(key.item if key else visit)
    plan = desk.plan(found["plan"])
    flow = plan["flows"][found["flow"]]
    if not given.set or key is None or key.state not in flow["states"]:
        return {}
    try:
        return written.made(plan, flow["context"], flow["states"][key.state], given.set)
    except written.Unreadable as error:
        raise Wrong(f"`--set` can't be read: {error}") from None


def _contact(desk: Desk, task: Record) -> str:
    return desk.plan(task["plan"])["actors"][task["owner"]]["binding"]["text"]


# ------------------------------------------------------------------------------------------------- what is shown


async def _reply(desk: Desk, visit: str, reply: Record, by: str) -> None:
    _say(await desk.reply(visit, reply, by))


def _say(status: Record) -> None:
    outcome = status.get("outcome")
    if outcome is None:
        print(f"taken: {status['item']} is in `{status['state']}`, with {status['owner']} until {status['due']}")
    elif "end" in outcome:
        print(f"taken: {status['item']} has ended: `{outcome['end']}`")
    else:
        print(f"taken: {status['item']} was cancelled")


def _letter(task: Record, contact: str) -> str:
    """What waits for somebody, with what there is to decide on and how to answer."""
    head = [f"{task['visit']}: for {task['owner']} ({contact}), due {task['due']}", f"  {task['goal']}"]
    if "question" in task:
        head.append(f"  {task['question']}")
    shown = [f"    {path} = {exact.dumps(value)}" for path, value in _evidence(task) if value is not None]
    answers = [
        f"  python -m baton decide {task['item']} {option['name']:<12} -> {' or '.join(option['to'])}"
        for option in task.get("options", [])
    ]
    makes = "".join(f" --set {field}=…" for field in task["makes"].get("properties", {}))
    return "\n".join([*head, *shown, *(answers or [f"  python -m baton deliver {task['item']}{makes}"]), ""])


def _evidence(task: Record) -> list[tuple[str, Any]]:
    paths = [task["asset"], *task["shows"]] if "shows" in task else list(task["context"])
    return [(path, _at(task["context"], path)) for path in paths]


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _told(line: Record) -> str:
    """A line of the log, for people."""
    when = f"{line['at']} {line['by']}:"
    if handed := line.get("handed"):
        values = ", ".join(f"{path} = {exact.dumps(value)}" for path, value in handed["values"].items())
        why = f" since {handed['threshold']}" + (f" ({values})" if values else "")
        return f"{when} {handed['from'] or 'the door'} -> {handed['to'] or handed['state']}, {handed['owner']}{why}"
    what = {name: value for name, value in line.items() if name not in ("at", "by")}
    return f"{when} " + ", ".join(f"{k} {v if isinstance(v, str) else exact.dumps(v)}" for k, v in what.items())


# ------------------------------------------------------------------------------------------------- the command line


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m baton", description="Runs a pipeline on Temporal.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, text: str, run: Command | None, *, item: bool = True) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=text, description=text)
        found.set_defaults(run=run)
        if item:
            found.add_argument("item", help="an item, or a visit: `page-1`, `page-1/review#2`")
        return found

    def said(found: argparse.ArgumentParser, *, makes: bool = False) -> None:
        found.add_argument("--by", default=_user(), metavar="NAME", help="who says so, for the log")
        if makes:
            found.add_argument(
                "--set", action="append", default=[], metavar="FIELD=VALUE", help='as in notes="Shorter"'
            )
            found.add_argument("--file", help="a JSON object with all that is made")

    work = command("work", "carry items on, and do what owners do, until interrupted", None, item=False)
    work.add_argument("--owner", action="append", metavar="NAME", help="only for this owner; may be repeated")
    work.add_argument("--no-items", action="store_true", help="do only what owners do")
    let_in = command("submit", "let records in", submit, item=False)
    let_in.add_argument(
        "--input", required=True, metavar="FILE", help="JSON: an object, several, or a list; `-`: from here"
    )
    let_in.add_argument("--flow", help="where there are several")
    let_in.add_argument("--intake", metavar="SOURCE", help="where there are several")
    let_in.add_argument("--item", metavar="ID", help="the item's id; letting it in again changes nothing")
    let_in.add_argument("--id-from", metavar="NAME", help="the member of each record that is its item's id")
    waiting = command("inbox", "what waits for whom", inbox, item=False)
    waiting.add_argument("who", nargs="?", help="an actor, or a contact")
    waiting.add_argument("--json", action="store_true")
    deciding = command("decide", "decide on an approval", decide)
    deciding.add_argument("option")
    said(deciding, makes=True)
    said(command("deliver", "deliver what a state makes", deliver), makes=True)
    said(command("accept", "say that the work has reached you", accept))
    failing = command("fail", "say that you can't do it", fail)
    failing.add_argument("--reason", required=True)
    said(failing)
    stopping = command("cancel", "stop an item, wherever it is", cancel)
    stopping.add_argument("--reason", default="it was cancelled")
    said(stopping)
    where = command("status", "where items are", status, item=False)
    where.add_argument("item", nargs="?")
    where.add_argument("--all", action="store_true", help="those that have ended, too")
    trail = command("log", "what has happened to an item", log)
    trail.add_argument("--json", action="store_true")
    return parser


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


async def _run(given: argparse.Namespace, folder: Path) -> None:
    if given.run is None:
        await serve(folder, given.owner or sorted(plans.owners()), items=not given.no_items)
    else:
        await given.run(Desk(await connect(folder), plans), given)


def main(words: list[str], folder: Path = FOLDER) -> int:
    """0, or 1 where something was refused, or 2 where the command was wrong or nothing answers."""
    given = _arguments().parse_args(words)
    try:
        plans.load(folder / "plans")
        asyncio.run(_run(given, folder))
    except Refused as refused:
        print(f"refused as {refused}", file=sys.stderr)
        return 1
    except (Wrong, OSError, LookupError, RuntimeError, json.JSONDecodeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0
