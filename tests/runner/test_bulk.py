"""Ten thousand items through ten states, whose replies are replayed: what a handoff costs does not grow with the items."""

import re
import resource

from harness import baton, records

STATES = 10
SIZES = (2500, 5000, 10000)


def flow():
    states = "".join(
        f"""
  state step{n} {{
    owner   worker
    asset   page
    goal    "Step {n}"
    makes   mark
    handoff -> {f"step{n + 1}" if n < STATES else "done"} when mark >= 0.5
    handoff -> dead otherwise
  }}"""
        for n in range(1, STATES + 1)
    )
    return f"""
asset Page {{ text: text max 100 }}
actor worker: script {{ runs "true"  responds within 1h }}
flow steps {{
  context {{ page: Page, mark: number 0..1 }}
  default failure -> dead
  default deadline else -> dead
  intake page from "desk" -> step1 {{ map text = raw.text }}{states}
  end done: success {{ owner worker  receipt mark }}
  end dead: failure {{ owner worker  reason "Nothing came of it" }}
}}
"""


def test_what_a_handoff_costs_does_not_grow(tmp_path):
    (tmp_path / "steps.flow").write_text(flow())
    replies = (f'{{"visit": "step{n}", "made": {{"mark": 0.7}}}}\n' for n in range(1, STATES + 1))
    (tmp_path / "replies").write_text("".join(replies))
    costs = {}
    for size in SIZES:
        records(tmp_path, "records", [f"item-{number}" for number in range(size)])
        run = ["run", "steps.flow", "--quiet", "--replay", "replies", "--input", "records", "--id-from", "id"]
        began = processor_time()
        said = baton(tmp_path, *run, "--store", f"{size}.db").stdout
        costs[size] = (processor_time() - began) / (size * STATES)
        assert said.startswith(f"{size} items: {size} done\n"), said
        handoffs, seconds = re.search(r"(\d+) handoffs in ([\d.]+) s", said).groups()
        assert int(handoffs) == size * STATES  # those at the door are not the runner's
        print(f"\n{size:6} items: {handoffs} handoffs in {seconds} s, {costs[size] * 1e6:.0f} µs of processor time each", end="")
    assert costs[SIZES[-1]] <= 1.3 * costs[SIZES[0]]


def processor_time():
    """Seconds that all processes of these tests have used so far; other work on the machine does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
