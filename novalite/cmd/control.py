"""Starting, stopping and describing the all-in-one from outside: a pid file and /healthcheck."""

import argparse
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from novalite.cmd import clouds


def pid_path(state_path: str) -> str:
    return os.path.join(state_path, "novalite.pid")


def url_path(state_path: str) -> str:
    return os.path.join(state_path, "url")


def log_path(state_path: str) -> str:
    return os.path.join(state_path, "novalite.log")


def running_pid(state_path: str) -> int | None:
    """The pid of the process that holds the state directory's lock, or None.

    The lock and not the pid file decides: a pid may be another process's by now.
    """
    try:
        with open(os.path.join(state_path, "lock"), "rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                with open(pid_path(state_path)) as file:
                    return int(file.read())
    except (FileNotFoundError, ValueError):
        pass
    return None


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthcheck", timeout=2) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def _read_url(state_path: str) -> str:
    with open(url_path(state_path)) as file:
        return file.read().strip()


def up(options: argparse.Namespace) -> int:
    if not options.fake and os.geteuid() != 0:
        print(
            "novalite: a real hypervisor needs root (bridges, namespaces, libvirt): "
            "use sudo, or --fake for simulated guests",
            file=sys.stderr,
        )
        return 2
    if running_pid(options.state_path):
        print("novalite is already running")
        return status(options)
    os.makedirs(options.state_path, mode=0o711, exist_ok=True)
    log = log_path(options.state_path)
    command = [sys.executable, "-m", "novalite.cmd.main", "up", "--foreground",
               "--state-path", options.state_path, "--listen", options.listen,
               "--port", str(options.port), "--fake-hosts", str(options.fake_hosts)]  # fmt: skip
    if options.fake:
        command.append("--fake")
    for name in options.config_file:
        command += ["--config-file", os.path.abspath(name)]
    for name, value in (("--clouds", options.clouds), ("--guest-image", options.guest_image)):
        if value:
            command += [name, os.path.abspath(value)]
    begun = time.monotonic()
    with open(log, "ab") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    url = f"http://{options.listen}:{options.port}"
    while not healthy(url):
        if child.poll() is not None:
            print(f"novalite: it ended with {child.returncode}; see {log}", file=sys.stderr)
            _show_end(log)
            return 1
        if time.monotonic() - begun > options.wait:
            print(f"novalite: no answer in {options.wait:.0f} s; see {log}", file=sys.stderr)
            return 1
        time.sleep(0.02)
    print(f"novalite is up after {time.monotonic() - begun:.1f} s")
    return status(options)


def _show_end(path: str) -> None:
    with contextlib.suppress(OSError), open(path, errors="replace") as file:
        for line in file.readlines()[-12:]:
            print(f"  | {line.rstrip()}", file=sys.stderr)


def down(options: argparse.Namespace) -> int:
    pid = running_pid(options.state_path)
    if pid is None:
        print("novalite is not running")
    else:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 60
        while running_pid(options.state_path):
            if time.monotonic() > deadline:
                print(f"novalite: process {pid} does not stop", file=sys.stderr)
                return 1
            time.sleep(0.05)
        print("novalite is down")
    if options.purge:
        from novalite.cmd import purge

        purge.run(options.state_path, options.config_file)
        print(f"removed servers, networks and what was in {options.state_path}")
    return 0


def status(options: argparse.Namespace) -> int:
    pid = running_pid(options.state_path)
    if pid is None:
        print("novalite is not running")
        return 3
    url = _read_url(options.state_path)
    with open(os.path.join(options.state_path, "up.json")) as file:
        facts = json.load(file)
    print(
        f"""
  compute    {url}/v2.1
  identity   {url}/identity/v3
  image      {url}/image
  network    {url}/network
  volume     {url}/volume/v3
  health     {url}/healthcheck
  hypervisor {facts["hypervisor"]}
  log        {log_path(options.state_path)}
  process    {pid}

  {facts["clouds"]} has the clouds {" and ".join(clouds.CLOUDS)}:

    export OS_CLOUD=novalite
    openstack server list
    openstack server create --image {facts["image"]} --flavor m1.nano --wait my-first-server
"""
    )
    return 0
