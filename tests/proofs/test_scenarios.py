"""Random flows: the scenarios that baton writes for them, against every run of the flow.

What is written comes out as it says when it is played, and between them the scenarios take just the arrows that some run
takes: of each of the others it is told that no run takes it.
"""

import collections
import subprocess

import baton
import random_flows
from explorer import Explorer, TooLarge
from flow import read
from law import laws


def test_scenarios(every, seeds):
    counts = every(seeds("--stories"), judge)
    assert counts["flows"] > counts["flows with an error"] / 20, "too few sound flows"
    assert counts["arrows that no run takes"], "every arrow of every random flow is taken"


def judge(seed):
    text = random_flows.file(seed)
    if any(found["severity"] == "error" for found in baton.check(text)):
        return {"flows with an error": 1}
    try:
        explorers = {name: Explorer(law) for name, law in laws(read(text)).items()}
    except TooLarge:
        return {"flows with too many configurations": 1}
    counts = collections.Counter(flows=len(explorers))
    parts = written(text)
    for name, explorer in explorers.items():
        edges = {edge for edges in explorer.law.edges.values() for edge in edges}
        taken = {edge for steps in explorer.steps.values() for edge, _, _ in steps}
        told = parts.get(name, "").count("// not taken: ")
        assert told == len(edges - taken), f"{told} told, not {sorted((e.source, e.target) for e in edges - taken)}\n{text}"
        counts += {"arrows taken": len(taken), "arrows that no run takes": told}
        text = text.replace(f"flow {name} {{", f"flow {name} {{\n{parts.get(name, '')}", 1)
    played = run("test", text)
    assert played.returncode == 0, f"{played.stdout}{played.stderr}\n{text}"
    counts["scenarios"] += text.count("\n  scenario ")
    return counts


def written(text):
    """What baton writes for each flow."""
    done = run("test", text, "--generate")
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{text}"
    parts = collections.defaultdict(str)
    name = None
    for line in done.stdout.splitlines():
        head = line.removeprefix("  // ").split(":")[0]
        if line.startswith("  // ") and not head.startswith("not taken"):
            name = head
        else:
            parts[name] += f"{line}\n"
    return parts


def run(command, text, *options):
    arguments = [baton.BATON, command, "-", *options]
    return subprocess.run(arguments, input=text, capture_output=True, text=True, cwd=baton.ROOT)
