"""Random flows in Promela: Spin looks for runs without end and for states that no run reaches.

The work item is one process; owners, clocks and data are a free choice between all arrows of a state. A flow has two
processes: in one the counts bind, in the other what stands after `else` may be taken at any time, as the language's B304
and B306 have it. States that only the second one reaches are counted.
"""

import collections
import re
import shutil
import subprocess

import baton
import random_flows
from flow import read

GROUP = 10  # flows in a model
SPIN = next(iter(baton.ROOT.glob("target/engines/spin/usr/bin/spin")), None) or shutil.which("spin")
GUARDS = {"B202", "B301", "B302", "B303", "B308", "B401", "B501", "B601"}


def test_spin(every, seeds):
    assert SPIN, "tests/proofs needs spin (Debian: spin); tests/run installs it"
    counts = every(seeds("--models", GROUP), judge)
    assert counts["B305"] and counts["B304"] and counts["clean"]


def judge(seed):
    flows = dict(sound_flows(seed))
    told = {name: {code for code, _ in found} for name, (_, found) in flows.items()}
    exact, free = reached({name: flow for name, (flow, _) in flows.items()}, seed)
    counts = collections.Counter("clean" for name in flows if not told[name])
    for name, (flow, found) in flows.items():
        reach(flow, found, exact[name], free[name], counts)
    bounded = {name: flow for name, (flow, _) in flows.items() if "B305" not in told[name]}
    assert not endless(bounded, f"{seed}-bounded"), f"seed {seed}: one of {list(bounded)} has a run without end"
    counts["bounded"] += len(bounded)
    for name in flows.keys() - bounded.keys():
        counts["B305"] += 1
        if not endless({name: flows[name][0]}, f"{seed}-{name}"):
            assert exact[name] != set(flows[name][0].states), f"seed {seed}: B305 in {name}, where every run ends"
            counts["B305 false alarm: no run comes to the circle"] += 1
    return counts


def sound_flows(seed):
    """Flows whose guards, context and clauses are in order, so that every arrow can be taken, with what baton says."""
    made, index = 0, 0
    while made < GROUP:
        text = random_flows.HEAD + random_flows.Flow("f", f"{seed}/spin/{index}", [], loose=0.1).text()
        found = baton.said(text)
        if not GUARDS & {code for code, _ in found}:
            yield f"f{made}", (read(text).flows["f"], found)
            made += 1
        index += 1


def reach(flow, found, exact, free, counts):
    """B304 and B306 are told just where the free process does not come, never where a run comes."""
    told = {state.name for state in flow.states.values() if ("B304", state.at) in found}
    lost = "B306" in {code for code, _ in found}
    hidden = {name for name, state in flow.states.items() if state.kind == "success"} if lost else set()
    unreached = set(flow.states) - free - hidden
    assert told <= unreached and bool(told) == bool(unreached), f"{flow}: {told}, but {unreached}"
    if len({intake.target[0] for intake in flow.intakes}) == 1:
        assert lost == ("done" not in free), f"{flow}: B306"
    assert exact <= free
    counts["B304"] += len(told)
    counts["B306"] += lost
    counts["states that only a count which never runs out would lead to"] += len(free - exact)


# Promela


def promela(flows, kinds=("exact", "free")):
    """One process a flow and kind, one of which is run; the line of each state's label, by (process, state)."""
    lines, places = [], {}
    for name, flow in flows.items():
        for kind in kinds:
            lines.append(f"proctype {kind}_{name}() {{")
            edges = counted(flow)
            lines += [f"  byte {count};" for count in edges.values() if kind == "exact"]
            doors = " ".join(f":: goto {intake.target[0]}_" for intake in flow.intakes)
            lines.append(f"  if {doors} fi;")
            for state in flow.states.values():
                lines.append(f"{state.name}_: at = at + 0;")
                places[f"{kind}_{name}", len(lines)] = state.name
                lines.append(f"  if {' '.join(ways(state, edges, kind))} fi;" if state.arrows else "  goto over;")
            lines += ["over: skip", "}"]
    lines.append("init { if " + " ".join(f":: run {k}_{name}()" for name in flows for k in kinds) + " fi }")
    return "\n".join(["byte at;", *lines]) + "\n", {(process, line + 1): state for (process, line), state in places.items()}


def counted(flow):
    """A variable for each counted hop, by (state, arrow, hop)."""
    return {
        (state.name, a, h): f"{state.name}_{a}_{h}"
        for state in flow.states.values()
        for a, arrow in enumerate(state.arrows)
        for h, (_, bound, _) in enumerate(arrow.hops)
        if bound is not None
    }


def ways(state, edges, kind):
    """What can happen in a state: of each arrow the first hop that is not used up, or any."""
    for a, arrow in enumerate(state.arrows):
        used_up = []
        for h, (target, bound, _) in enumerate(arrow.hops):
            count = edges.get((state.name, a, h))
            if kind == "free":
                yield f":: goto {target}_"
            elif bound is None:
                yield f":: {' && '.join([*used_up, 'true'])} -> goto {target}_"
            else:
                yield f":: {' && '.join([*used_up, f'{count} < {bound}'])} -> {count} = {count} + 1; goto {target}_"
                used_up.append(f"{count} == {bound}")


def verify(model, name, *options):
    """What Spin's verifier says of this model."""
    folder = baton.ROOT / "target" / "engines" / "models" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.pml").write_text(model)
    define, *flags = options or ["-DSAFETY"]
    run = {"cwd": folder, "capture_output": True, "text": True, "check": True}
    subprocess.run([SPIN, "-o1", "-o2", "-o3", "-a", "model.pml"], **run)
    subprocess.run(["cc", "-w", "-O0", define, "-DNOREDUCE", "-o", "pan", "pan.c"], **run)
    said = subprocess.run(["./pan", "-m1000000", *flags], **run).stdout
    shutil.rmtree(folder)
    assert "max search depth too small" not in said and "Spin Version" in said, said
    return said


def endless(flows, name):
    """Whether some run of these flows goes on for ever: a circle without progress."""
    if not flows:
        return False
    said = verify(promela(flows, ["exact"])[0], f"{name}-np", "-DNP", "-l")
    return "errors: 0" not in said


def reached(flows, seed):
    """The states that the processes reach, by flow: with counts, and without."""
    model, places = promela(flows)
    said = verify(model, f"{seed}-reach")
    assert "errors: 0" in said, said
    unreached = set()
    for process, part in re.findall(r"unreached in proctype (\w+)\n((?:\t.*\n)*)", said):
        unreached |= {(process, int(line)) for line in re.findall(r"model\.pml:(\d+)", part)}
    found = {f"{kind}_{name}": set() for name in flows for kind in ("exact", "free")}
    for (process, line), state in places.items():
        if (process, line) not in unreached:
            found[process].add(state)
    return {name: found[f"exact_{name}"] for name in flows}, {name: found[f"free_{name}"] for name in flows}
