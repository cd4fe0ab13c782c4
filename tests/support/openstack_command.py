"""The unmodified ``openstack`` command, many times for the price of one start: importing the
client and its commands is most of what a command costs. Each runs in a copy of a process that has
done that, and so remembers nothing of those before it."""

import json
import os
import pathlib
import select
import subprocess
import sys
from typing import Any

SECONDS = 200.0

# Each line in is the words of a command, each line out what came of it.
_DRIVER = """
import contextlib, io, json, os, sys
from openstackclient import shell

def run(words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = shell.main(words)
        except SystemExit as e:
            code = e.code
    return code, out.getvalue(), err.getvalue()

run(["complete"])  # loads all commands
sys.stdin, asked = open(os.devnull), sys.stdin
for line in asked:
    pid = os.fork()
    if not pid:
        print(json.dumps(run(json.loads(line))), flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
"""


class OpenStackCommand:
    """Its process starts with the first command and ends with ``close``."""

    def __init__(self, clouds_yaml: str, folder: str | pathlib.Path | None = None) -> None:
        """``folder``: where commands find and put files; unset: beside ``clouds_yaml``."""
        known = {k: v for k, v in os.environ.items() if not k.startswith("OS_")}
        self.environ = {**known, "OS_CLIENT_CONFIG_FILE": clouds_yaml}
        self._folder = folder or os.path.dirname(clouds_yaml)
        self._process: subprocess.Popen[str] | None = None

    def run(self, *words: str, cloud: str = "novalite") -> tuple[int, str, str]:
        """(exit code, output, errors), asked as a user of clouds.yaml."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _DRIVER], env=self.environ, cwd=self._folder, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(["--os-cloud", cloud, *words]) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], SECONDS)
        assert ready, f"openstack {' '.join(words)}: no answer"
        code, out, err = json.loads(self._process.stdout.readline())
        return code or 0, out, err

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None


class User:
    """Commands of one user, all of which have to succeed."""

    def __init__(self, command: OpenStackCommand, cloud: str = "novalite") -> None:
        self._command, self._cloud = command, cloud

    def __call__(self, *words: str) -> str:
        code, out, err = self._command.run(*words, cloud=self._cloud)
        assert not code, f"openstack {' '.join(words)}: {out}{err}"
        return out

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "-f", "json"))
