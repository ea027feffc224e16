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
JUDGED = set("B201 B202 B204 B301 B302 B303 B304 B305 B306 B307 B308 B401 B402 B501 B502 B506 B601 B701".split())


def check(text, name="random.flow"):
    """The diagnostics of `baton check` for this text, as if it stood in this file."""
    command = [BATON, "check", "-", "--format", "json", "--stdin-filename", name]
    done = subprocess.run(command, input=text, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode in (0, 1), f"baton has failed ({done.returncode}): {done.stderr}\n{text}"
    return json.loads(done.stdout)["diagnostics"]


def said(text, name="random.flow", judged=JUDGED):
    """What baton says of the text, as (code, place)."""
    return placed(check(text, name), judged)


def placed(diagnostics, judged=JUDGED):
    """The errors among these diagnostics, and what is judged besides, as (code, place)."""
    return {
        (d["code"], d["range"]["start"]["offset"])
        for d in diagnostics
        if d["severity"] == "error" or d["code"] in judged
    }


def verdict(text, decide=Cells, name="random.flow"):
    """What the law has to say, what it may say, and the circles at each of which it says B305. The text may be `Rejected`."""
    return summed(laws(read(text, lambda used: beside(name, used)), decide).values())


def summed(found):
    """The verdict of these laws together."""
    must, may = (set().union(*(getattr(law, which) for law in found)) for which in ("must", "may"))
    return must, may, [circle for law in found for circle in law.unbounded]


def beside(name, used):
    path = (ROOT / name).parent / used
    return path.read_text() if path.is_file() else None


def disagreements(text, decide=Cells, judged=JUDGED, name="random.flow"):
    """Lines that tell in what baton and the law differ; none if they agree."""
    return differences(text, said(text, name, judged), verdict(text, decide, name), judged)


def differences(text, found, verdict, judged=JUDGED):
    """The same of what is found, as (code, place), and a verdict on this text."""
    must, may, circles = verdict
    told = {at for code, at in found if code == "B305"}
    wrong = [f"B305 is missing at one of {sorted(circle)}" for circle in circles if not told & circle]
    wrong += [f"B305 is told at {place(text, at)}" for at in told - set().union(*circles)]
    found = {(code, at) for code, at in found if code != "B305"}
    wrong += [f"{code} is missing at {place(text, at)}" for code, at in sorted(must - found) if code in judged]
    return wrong + [f"{code} is told at {place(text, at)}" for code, at in sorted(found - must - may)]


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
