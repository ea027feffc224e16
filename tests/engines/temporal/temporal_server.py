"""A real Temporal server, and a folder that was built for it, as people use them: by processes and commands."""

import contextlib
import io
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

import pytest
from baton import cli

TEMPORAL = pathlib.Path(sys.executable).with_name("temporal")


class Server:
    """The dev server on a loopback port of its own, with a database that outlives it."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder, self.process = folder, None

    def start(self, *more):
        command = [TEMPORAL, "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(self.port)]
        command += ["--db-filename", str(self.folder / "temporal.db"), "--log-level", "error", *more]
        with open(self.folder / "server.log", "a") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            time.sleep(0.1)
        raise AssertionError("the server does not answer; see its log")

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


class Folder:
    """A built folder: its worker, and the commands of people."""

    def __init__(self, path, server, **environment):
        self.path, self.worker = path, None
        self.variables = {"TEMPORAL_ADDRESS": f"127.0.0.1:{server.port}", **environment}
        self.environment = os.environ | self.variables

    def owner(self, name, text):
        """Fills in an owner's file."""
        (self.path / "owners" / f"{name}.py").write_text(text)

    def work(self, *more):
        with open(self.path / "worker.log", "a") as log:
            command = [sys.executable, "-m", "baton", "work", *more]
            self.worker = subprocess.Popen(command, cwd=self.path, env=self.environment, stdout=log, stderr=log)

    def kill(self):
        if self.worker:
            self.worker.kill()
            self.worker.wait()
            self.worker = None

    def run(self, *words, given=None):
        """A command, in this process: its exit code and what it said."""
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            for name, value in self.variables.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.StringIO(given))
            patch.chdir(self.path)
            code = cli.main(list(words), self.path)
        return code, said.getvalue()

    def process(self, *words):
        """A command as people give it."""
        command = [sys.executable, "-m", "baton", *words]
        done = subprocess.run(command, cwd=self.path, env=self.environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def says(self, *words, given=None):
        """A command that is taken: what it said."""
        code, said = self.run(*words, given=given)
        assert code == 0, said
        return said

    def status(self, item):
        return json.loads(self.says("status", item))

    def comes_to(self, item, place, seconds=60):
        """Waits until an item is in a state, or at an end."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            code, said = self.run("status", item)
            found = json.loads(said) if code == 0 else {}
            if place in (found.get("state"), (found.get("outcome") or {}).get("end")):
                return found
            time.sleep(0.1)
        raise AssertionError(f"{item} does not come to {place}: {said}; see {self.path / 'worker.log'}")
