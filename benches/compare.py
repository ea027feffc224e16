#!/usr/bin/env python3
"""Measures the compiler against its targets and, in the same run, against its peers.

    python3 benches/compare.py [--quick] [--skip-peers]

Prints a line a figure with its target, and exits with 1 if one is missed. Peers are installed below `target/peers`,
in the versions that stand here. Needs Linux, Python 3.11, node with npm, GNU time, and valgrind for instructions.
Other work on the machine disturbs all figures but the instructions and the memory.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "target"
PEERS = TARGET / "peers"
TEXTS = TARGET / "compare"
BATON = TARGET / "release" / "baton"
EXAMPLES = TARGET / "release" / "examples"
PROOFS = ROOT / "tests" / "proofs"

ASL_VALIDATOR = "asl-validator@4.0.0"
RUFF = "ruff==0.17.6"
Z3 = "z3-solver==5.4.1.0"

SHAPE_NAMES = ["chain", "cycle", "star", "guards", "enums"]
SIZES = [1_000, 10_000, 100_000, 1_000_000]


@dataclass
class Run:
    """What one process took: seconds of CPU and of the clock, bytes at its peak, and how it ended."""

    cpu: float
    wall: float
    peak: int
    code: int


@dataclass
class Figures:
    """Prints the figures, and counts those that miss their target."""

    missed: int = 0

    def add(self, what: str, value: float, target: float | None, unit: str) -> None:
        ok = target is None or value <= target
        self.missed += not ok
        bound = "" if target is None else f"at most {target:g} {unit}"
        print(f"{'ok    ' if ok else 'MISSED'}  {what:<58} {value:>10.3g} {unit:<14} {bound}", flush=True)


def run(command: list[str | Path], cwd: Path = ROOT) -> Run:
    """Runs a command to its end; its output is thrown away."""
    log = TEXTS / "time"
    timed = ["/usr/bin/time", "-q", "-f", "%U %S %e %M", "-o", log, *command]
    done = subprocess.run(timed, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    user, system, wall, kilobytes = log.read_text().split()[-4:]
    return Run(float(user) + float(system), float(wall), int(kilobytes) * 1024, done.returncode)


def best(command: list[str | Path], times: int, cwd: Path = ROOT) -> Run:
    """The least of several runs."""
    runs = [run(command, cwd) for _ in range(times)]
    if any(one.code for one in runs):
        sys.exit(f"{command} ended with {runs[0].code}")
    return Run(min(r.cpu for r in runs), min(r.wall for r in runs), min(r.peak for r in runs), 0)


def flow(shape: str, states: int) -> Path:
    """The file with that flow."""
    path = TEXTS / f"{shape}-{states}.flow"
    with path.open("wb") as out:
        subprocess.run([EXAMPLES / "shapes", shape, str(states)], stdout=out, check=True)
    return path


def growth(figures: Figures, shape: str, sizes: list[int]) -> None:
    """Time grows with an exponent of at most 1.05 and memory by at most 3 kB a state.

    The base of both is a flow of ten states, so that neither the start of the process counts nor its code.
    """
    base = best([BATON, "check", flow("chain", 10)], 3)
    runs = []
    for size in sizes:
        path = flow(shape, size)
        runs.append(best([BATON, "check", path], 3 if size <= 10_000 else 1))
        if size > 100_000:
            path.unlink()
    for size, one in zip(sizes, runs):
        figures.add(f"{shape}: peak memory a state, {size:,} states", (one.peak - base.peak) / size / 1000, 3, "kB")
        figures.add(f"{shape}: time a state, {size:,} states", one.cpu / size * 1e6, None, "µs")
    points = [(math.log(s), math.log(r.cpu)) for s, r in zip(sizes, runs) if s >= 10_000]
    if len(points) > 1:
        mean_x, mean_y = (sum(axis) / len(points) for axis in zip(*points))
        slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
        figures.add(f"{shape}: exponent of time from 10,000 states on", slope, 1.05, "")


def asl(states: int) -> Path:
    """The state machine with the topology of the chain: a task that may fail or time out, then a choice of three."""
    path = TEXTS / f"chain-{states}.asl.json"
    machine: dict[str, object] = {}
    for at in range(states):
        next_state = f"s{at + 1}" if at + 1 < states else "done"
        machine[f"s{at}"] = {
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:writer",
            "TimeoutSeconds": 1800,
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "stuck"}],
            "Next": f"s{at}-exit",
        }
        good = {"Variable": "$.quality", "NumericGreaterThanEquals": 0.6}
        weak = {"Variable": "$.quality", "NumericLessThan": 0.6}
        high = {"Variable": "$.risk", "StringEquals": "high"}
        again = {"Variable": f"$.visits.s{at}", "NumericLessThan": 3}
        machine[f"s{at}-exit"] = {
            "Type": "Choice",
            "Choices": [
                {"And": [good, {"Not": high}], "Next": next_state},
                {"And": [weak, again], "Next": f"s{at}"},
                {"And": [high, good], "Next": "stuck"},
            ],
            "Default": "stuck",
        }
    machine["done"] = {"Type": "Succeed"}
    machine["stuck"] = {"Type": "Fail", "Error": "stuck", "Cause": "it failed"}
    path.write_text(json.dumps({"StartAt": "s0", "States": machine}, indent=2))
    return path


def against_asl_validator(figures: Figures) -> None:
    """10,000 states with all proofs on, in CPU time."""
    folder = PEERS / "asl-validator"
    validator = folder / "node_modules" / ".bin" / "asl-validator"
    if not validator.exists():
        folder.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, ASL_VALIDATOR]
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
    theirs = best(["node", validator, "--json-path", asl(10_000)], 2)
    ours = best([BATON, "check", flow("chain", 10_000)], 5)
    print(f"        asl-validator takes {theirs.cpu:.2f} s, baton {ours.cpu:.3f} s of CPU time")
    figures.add("10,000 states: CPU time against asl-validator", ours.cpu / theirs.cpu, 1 / 15, "")


def python_with(package: str) -> Path:
    """A virtual environment with that package."""
    venv = PEERS / package
    if not venv.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "-q", package], check=True)
    return venv


def against_z3(figures: Figures, sets: int = 200) -> None:
    """Random sets of guards, each decided with its witnesses, by the geometric mean of how many times faster."""
    make = f"import sys; sys.path.insert(0, {str(PROOFS)!r}); import random_guards; print(random_guards.file(1, range({sets})))"
    text = subprocess.run([sys.executable, "-c", make], stdout=subprocess.PIPE, check=True).stdout

    def nanoseconds(command: list[str | Path]) -> dict[str, int]:
        done = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True)
        return {name: int(time) for name, time in map(str.split, done.stdout.decode().splitlines())}

    python = python_with(Z3) / "bin" / "python"
    theirs, ours = nanoseconds([python, ROOT / "benches" / "guards_by_z3.py"]), nanoseconds([EXAMPLES / "guards"])
    factors = [theirs[name] / ours[name] for name in theirs]
    print(f"        z3 takes {sum(theirs.values()) / 1e6:.0f} ms, baton {sum(ours.values()) / 1e6:.1f} ms for {sets} sets")
    figures.add("guards with witnesses: time against z3", 1 / statistics.geometric_mean(factors), 1 / 1000, "")


def python_module(size: int) -> str:
    """A Python file of about so many bytes in which ruff finds nothing."""
    text, at = "", 0
    while len(text) < size:
        text += (
            f"def step_{at}(draft: dict, quality: float, risk: str) -> str:\n"
            '    """Where a draft goes from here."""\n'
            f'    if quality >= 0.60 and risk != "high":\n        return "s{at + 1}"\n'
            f'    if quality < 0.60 and draft["visits"] < 3:\n        return "s{at}"\n'
            '    return "stuck"\n\n\n'
        )
        at += 1
    return text.rstrip() + "\n"


def against_ruff(figures: Figures, files: int = 1_000) -> None:
    """1,000 files of 20 states on two cores, by the clock."""
    venv = python_with(RUFF)
    flows, modules = TEXTS / "flows", TEXTS / "modules"
    text = flow("chain", 20).read_text()
    for folder in (flows, modules):
        folder.mkdir(parents=True, exist_ok=True)
    for at in range(files):
        own = text.replace("flow big {", f"flow big{at} {{")
        (flows / f"f{at}.flow").write_text(own)
        (modules / f"f{at}.py").write_text(python_module(len(own)))
    cores = ["taskset", "-c", "0,1"]
    theirs = best([*cores, venv / "bin" / "ruff", "check", "--no-cache", "--isolated", modules], 5)
    ours = best([*cores, BATON, "check", flows], 5)
    print(f"        ruff takes {theirs.wall:.3f} s, baton {ours.wall:.3f} s by the clock")
    figures.add("1,000 files of 20 states: wall time against ruff", ours.wall / max(theirs.wall, 0.01), 2.5, "")


def cold_start(figures: Figures) -> None:
    """A ten-state file: wall time against `true`, and instructions."""

    def spawn(command: list[str | Path], times: int = 300) -> float:
        shortest = math.inf
        for _ in range(times):
            began = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            shortest = min(shortest, time.perf_counter() - began)
        return shortest

    path = flow("chain", 10)
    figures.add("ten states: wall time against `true`", spawn([BATON, "check", path]) / spawn(["true"]), 2, "")
    log = TEXTS / "callgrind"
    counted = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}", f"--log-file={log}"]
    subprocess.run([*counted, BATON, "check", path], stdout=subprocess.DEVNULL, check=True)
    instructions = int(log.read_text().rsplit("Collected :", 1)[1].split()[0])
    figures.add("ten states: instructions", instructions / 1e6, 3, "million")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="sizes up to 100,000 states only")
    arguments.add_argument("--skip-peers", action="store_true", help="measure only the compiler")
    options = arguments.parse_args()
    subprocess.run(["cargo", "build", "--release", "--bins", "--examples"], cwd=ROOT, check=True)
    TEXTS.mkdir(parents=True, exist_ok=True)
    figures = Figures()
    cold_start(figures)
    for shape in SHAPE_NAMES:
        growth(figures, shape, [size for size in SIZES if not options.quick or size <= 100_000])
    if not options.skip_peers:
        against_asl_validator(figures)
        against_ruff(figures)
        against_z3(figures)
    sys.exit(1 if figures.missed else 0)


if __name__ == "__main__":
    main()
