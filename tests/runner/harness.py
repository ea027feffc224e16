"""What the tests of the runner stand on: the binary, a pipeline of scripts in a folder, and its store as it lies there."""

import collections
import json
import os
import pathlib
import sqlite3
import subprocess

ROOT = pathlib.Path(__file__).parents[2]
BATON = pathlib.Path(os.environ.get("BATON", ROOT / "target" / "release" / "baton")).absolute()


def baton(folder, *arguments, ok=True):
    """Runs a command to its end."""
    done = subprocess.run([BATON, *arguments], cwd=folder, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0 or not ok, done.stdout + done.stderr
    return done


def records(folder, name, items):
    """Writes one record an item."""
    lines = (json.dumps({"id": item, "text": "bread"}) for item in items)
    (folder / name).write_text("\n".join(lines))


class Stored:
    """What the store of a folder holds."""

    def __init__(self, folder):
        with sqlite3.connect(folder / ".baton" / "runs.db") as db:
            self.places = dict(db.execute("SELECT id, place FROM items WHERE ended IS NOT NULL"))
            self.entries = [(item, json.loads(entry)) for item, entry in db.execute("SELECT item, entry FROM log ORDER BY number")]

    def said(self, what):
        """What the log has to say of one kind, with the item."""
        return [(item, entry[what]) for item, entry in self.entries if what in entry]

    def repeated(self):
        """How often each attempt was given to its owner again."""
        return collections.Counter(attempt for _, attempt in self.said("repeated"))

    def paths(self):
        """The states and ends that each item came to."""
        paths = collections.defaultdict(list)
        for item, handover in self.said("handed"):
            paths[item].append(handover["state"])
        return paths
