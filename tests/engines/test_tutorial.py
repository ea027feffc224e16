"""The last part of the tutorial, run as its reader would: its files, the build, its script, and what that prints."""

import os
import re
import socket
import subprocess
import sys

from harness import BATON, ROOT


def test_the_tutorial_shows_what_its_script_prints(tmp_path):
    tutorial = (ROOT / "docs" / "tutorial.md").read_text()
    for name, text in blocks(tutorial, r"(?:flow|python) (\S+)"):  # a later version of a file replaces the earlier one
        (tmp_path / name).write_text(text)
    subprocess.run([BATON, "build", "translate.flow", "--target", "asl"], cwd=tmp_path, check=True)
    ((command, shown),) = blocks(tutorial, r"console\n\$ (python [^\n]*)")
    done = subprocess.run(
        [sys.executable, *command.split()[1:]],
        cwd=tmp_path,
        env=os.environ | {"MOTO_PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.stdout == shown, done.stderr


def blocks(document, opening):
    """The fenced blocks whose opening matches: what its group matched, and the text that follows."""
    return re.findall(rf"^```{opening}\n(.*?)^```", document, re.MULTILINE | re.DOTALL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
