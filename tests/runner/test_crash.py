"""A runner that dies, again and again: nothing is lost, and no step whose result is recorded runs again."""

import collections
import random
import subprocess
import time

from harness import BATON, Stored, baton, records

ITEMS = 1000
KILLS = 200
FRESH = ITEMS // KILLS  # items that come in with each new runner

FLOW = """
asset Page { text: text max 100 }
actor writer: script { runs "sh work.sh"  responds within 1h }
actor critic: script { runs "sh work.sh"  responds within 1h }
flow pages {
  context {
    page:  Page
    score: number 0..1
    mark:  number 0..1
  }
  default deadline 1d else -> dead
  default failure -> dead
  intake page from "desk" -> writing { map text = raw.text }
  state writing {
    owner   writer
    asset   page
    goal    "A draft"
    makes   score
    retry   1 time every 1s
    handoff -> judging when score >= 0.5
    handoff -> dead    otherwise
  }
  state judging {
    owner   critic
    asset   page
    goal    "A second look"
    needs   score
    makes   mark
    handoff -> done    when mark >= 0.9
    handoff -> writing otherwise at most 1 time else -> done
  }
  end done: success { owner critic  receipt mark }
  end dead: failure { owner critic  reason "Nothing came of it" }
}
"""

# It says that it has done an attempt in a single write, as its last act before the reply.
WORK = """
read -r task
key=${task#*'"attempt":"'}
key=${key%%'"'*}
echo "$key" >>done
case $key in
  */writing*) echo '{"made": {"score": 0.7}}' ;;
  *)          echo '{"made": {"mark": 0.7}}' ;;
esac
"""


def test_nothing_is_lost_and_nothing_recorded_is_done_twice(tmp_path):
    chance = random.Random(20261123)
    (tmp_path / "pages.flow").write_text(FLOW)
    (tmp_path / "work.sh").write_text(WORK)
    names = [f"item-{number}" for number in range(ITEMS)]
    run = ["run", "pages.flow", "--quiet", "--input", "records", "--id-from", "id"]
    records(tmp_path, "records", names[:FRESH])
    began = time.monotonic()
    baton(tmp_path, *run)
    usual = time.monotonic() - began  # so long a runner lives here that nobody kills
    died = 0
    for round in range(KILLS):
        records(tmp_path, "records", names[: (round + 1) * FRESH][-3 * FRESH :])  # a runner may die before it has let them in
        process = subprocess.Popen([BATON, *run], cwd=tmp_path, stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, usual))
        process.kill()
        died += process.wait() != 0
    records(tmp_path, "records", names)
    baton(tmp_path, *run)

    stored = Stored(tmp_path)
    assert stored.places == dict.fromkeys(names, "done")
    path = ["writing", "judging", "writing", "judging", "done"]
    assert stored.paths() == {name: path for name in names}
    assert not stored.said("failed") and not stored.said("broken")

    done = collections.Counter((tmp_path / "done").read_text().split())
    expected = {f"{name}/{state}#{visit}.1" for name in names for state in ("writing", "judging") for visit in (1, 2)}
    assert set(done) == expected  # each step was done, and no crash has used up a retry
    repeated = stored.repeated()
    twice = {key: count for key, count in done.items() if count > 1 + repeated[key]}
    assert not twice  # whatever was done again had been under way when a runner died
    print(f"\n{died} runners died at work, {sum(repeated.values())} attempts were given again, {sum(done.values())} done")
    assert died >= KILLS / 2 and repeated
