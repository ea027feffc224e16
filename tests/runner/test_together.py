"""Several processes on one store."""

import subprocess
import time

from harness import BATON, Stored, baton, records

FLOW = """
asset Page { text: text max 100 }
actor writer: script { runs "sh write.sh"  responds within 1m }
actor editor: human  { contact "editor@example.com"  responds within 1h }
flow pages {
  context { page: Page, score: number 0..1 }
  default failure -> dead
  intake page from "desk" -> writing { map text = raw.text }
  state writing {
    owner    writer
    asset    page
    goal     "A draft"
    makes    score
    deadline 1m else -> dead
    handoff  -> review when score >= 0.5
    handoff  -> dead   otherwise
  }
  approval review {
    owner    editor
    asset    page
    goal     "Somebody answers for it"
    asks     "Publish it?"
    shows    score
    options  publish, stop
    deadline 1h else -> dead
    handoff  -> done when decision is publish
    handoff  -> dead when decision is stop
  }
  end done: success { owner editor  receipt score }
  end dead: failure { owner editor  reason "Nothing came of it" }
}
"""


def desk(folder):
    (folder / "pages.flow").write_text(FLOW)
    (folder / "write.sh").write_text("""echo '{"made": {"score": 0.9}}'""")


def test_one_of_many_answers_wins(tmp_path):
    desk(tmp_path)
    records(tmp_path, "records", ["p"])
    baton(tmp_path, "run", "pages.flow", "--input", "records", "--id-from", "id", "--no-wait")
    options = ["publish", "stop"] * 10
    deciding = [[BATON, "decide", "p/review#1", option, "--by", f"{n}"] for n, option in enumerate(options)]
    processes = [subprocess.Popen(c, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for c in deciding]
    said = [process.communicate()[0] + process.returncode * "refused" for process in processes]
    assert sum(text.startswith("taken") for text in said) == 1
    assert said.count("refused") == len(options) - 1
    assert len(Stored(tmp_path).said("ended")) == 1


def test_a_runner_serves_what_others_bring(tmp_path):
    desk(tmp_path)
    records(tmp_path, "records", [f"p{n}" for n in range(20)])
    let_in = ["--input", "records", "--id-from", "id"]
    runner = subprocess.Popen([BATON, "run", "pages.flow", *let_in], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        comes_to(tmp_path, 20, "review")
        second = baton(tmp_path, "run", "pages.flow", ok=False)
        assert second.returncode == 2 and "another `baton run` is at work" in second.stderr
        records(tmp_path, "more", ["q"])
        baton(tmp_path, "submit", "pages.flow", "--input", "more", "--id-from", "id")
        comes_to(tmp_path, 21, "review")
        for item in [*(f"p{n}" for n in range(20)), "q"]:
            baton(tmp_path, "decide", item, "publish")
        output, _ = runner.communicate(timeout=60)
    finally:
        runner.kill()
    assert runner.returncode == 0 and output.endswith("21 items: 21 done\n"), output


def test_what_was_due_while_no_runner_was_there_happens_at_once(tmp_path):
    desk(tmp_path)
    (tmp_path / "pages.flow").write_text(FLOW.replace("deadline 1h else", "deadline 1s else"))
    records(tmp_path, "records", ["p"])
    baton(tmp_path, "run", "pages.flow", "--input", "records", "--id-from", "id", "--no-wait")
    time.sleep(1.1)
    late = baton(tmp_path, "decide", "p", "publish", ok=False)
    assert late.returncode == 1 and "refused as late: its time was over at" in late.stderr
    assert baton(tmp_path, "run", "pages.flow", "--quiet").stdout == "1 item: 1 dead\n"


def comes_to(folder, count, state):
    """Waits until so many items are in a state."""
    for _ in range(600):
        said = baton(folder, "status", ok=False).stdout
        if f"{count:7}  pages: {state}\n" in said:
            return
        time.sleep(0.1)
    raise AssertionError(said)
