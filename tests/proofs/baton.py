"""The compiler as a user runs it, and how its findings are held against the law."""

import json
import os
import pathlib
import subprocess

from flow import Rejected, read
from guards import Cells
from law import laws

ROOT = pathlib.Path(__file__).parents[2]
BATON = pathlib.Path(os.environ.get("BATON", ROOT / "target" / "release" / "baton"))
JUDGED = set(
    "B202 B301 B302 B303 B304 B305 B306 B307 B308 B401 B402 B501 B502 B506 B601 B701".split()
)


def check(text, name="random.flow"):
    """The diagnostics of `baton check` for this text."""
    command = [BATON, "check", "-", "--format", "json", "--stdin-filename", name]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode in (0, 1), f"baton has failed ({done.returncode}): {done.stderr}\n{text}"
    return json.loads(done.stdout)["diagnostics"]


def said(text, name="random.flow"):
    """What baton says of the text, as (code, place): errors, and what the law judges besides."""
    return {
        (d["code"], d["range"]["start"]["offset"])
        for d in check(text, name)
        if d["severity"] == "error" or d["code"] in JUDGED
    }


def disagreements(text, decide=Cells, judged=JUDGED):
    """Lines that tell in what baton and the law differ; none if they agree. The text has to be readable."""
    found = said(text)
    must, may, circles = set(), set(), []
    for law in laws(read(text), decide).values():
        must, may, circles = must | law.must, may | law.may, circles + law.unbounded
    told = {at for code, at in found if code == "B305"}
    wrong = [f"B305 is missing at one of {sorted(circle)}" for circle in circles if not told & circle]
    wrong += [f"B305 at {at}, where all circles are bounded" for at in told - set().union(*circles)]
    found = {(code, at) for code, at in found if code != "B305"}
    wrong += [f"{code} is missing at {place(text, at)}" for code, at in sorted(must - found)]
    wrong += [f"{code} is told at {place(text, at)}" for code, at in sorted(found - must - may)]
    return [line for line in wrong if line.split()[0] in judged or " is told at " in line]


def place(text, at):
    line = text.count("\n", 0, at) + 1
    return f"line {line}: `{text.splitlines()[line - 1].strip()}`"


def shrunk(text, wrong):
    """The text without all lines and blocks that the disagreement does not need."""
    lines = text.splitlines()
    size = len(lines) // 2
    while size:
        start = 0
        while start < len(lines):
            fewer = lines[:start] + lines[start + size :]
            if still(fewer, wrong):
                lines = fewer
            else:
                start += size
        size //= 2
    return "\n".join(lines) + "\n"


def still(lines, wrong):
    try:
        return bool(wrong("\n".join(lines) + "\n"))
    except (Rejected, KeyError, ValueError, IndexError):
        return False


def agree(text, decide=Cells, judged=JUDGED):
    """Fails with the smallest text on which baton and the law differ as they do here, and in nothing else."""
    wrong = disagreements(text, decide, judged)
    if wrong:
        smaller = smallest(text, lambda t: disagreements(t, decide, judged))
        raise AssertionError("\n".join([*disagreements(smaller, decide, judged), "", smaller]))


def smallest(text, wrong):
    kinds = {kind(line) for line in wrong(text)}
    codes = {code for code, _ in said(text)}

    def alike(fewer):
        lines = wrong(fewer)
        return bool(lines) and {kind(line) for line in lines} <= kinds and {code for code, _ in said(fewer)} <= codes

    return shrunk(text, alike)


def kind(line):
    """The code, and whether it is missing or too much."""
    return tuple(line.split()[:3])
