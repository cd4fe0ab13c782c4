"""A multi-service cloud on this machine: RabbitMQ, MariaDB, two conductors, two schedulers, an API,
the embedded neighbours in a process of their own, and a libvirt compute (or simulated ones).

    python -m tools.multi up | down | demo --state-path DIR
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time

from novalite.cmd import clouds
from tools.multi import supervisor


def ready_file(options: argparse.Namespace) -> str:
    return os.path.join(options.state_path, "multi.json")


def up(options: argparse.Namespace) -> int:
    state = options.state_path
    os.makedirs(state, mode=0o711, exist_ok=True)
    command = [sys.executable, "-m", "tools.multi", "hold", "--state-path", state,
               "--fake-hosts", str(options.fake_hosts)]  # fmt: skip
    if options.guest_image:
        command += ["--guest-image", os.path.abspath(options.guest_image)]
    for name in options.config_file:
        command += ["--config-file", os.path.abspath(name)]
    with open(os.path.join(state, "supervisor.log"), "wb") as log:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    begun = time.monotonic()
    while not os.path.exists(ready_file(options)):
        if child.poll() is not None or time.monotonic() - begun > 120:
            print(f"it does not start; see {state}/supervisor.log and {state}/log", file=sys.stderr)
            return 1
        time.sleep(0.1)
    facts = read_facts(options)
    print(f"up after {time.monotonic() - begun:.1f} s: {facts['url']}, {facts['auth_url']}")
    passwords = {"demo": facts["demo_password"], "admin": facts["admin_password"]}
    write_clouds(state, facts["auth_url"], passwords)
    return 0


def write_clouds(folder: str, auth_url: str, passwords: dict[str, str]) -> str:
    """A clouds.yaml in ``folder``; its path."""
    path = os.path.join(folder, "clouds.yaml")
    entries = {
        name: clouds.entry(auth_url, "RegionOne", user, passwords[user], user)
        for name, user in (("novalite", "demo"), ("novalite-admin", "admin"))
    }
    clouds.write(path, entries)
    return path


def read_facts(options: argparse.Namespace) -> dict[str, str]:
    with open(ready_file(options)) as file:
        return json.load(file)


def down(options: argparse.Namespace) -> int:
    try:
        pid = int(read_facts(options)["pid"])
    except FileNotFoundError:
        print("it is not running")
        return 0
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 90
    while os.path.exists(ready_file(options)) or is_alive(pid):
        if time.monotonic() > deadline:
            print(f"process {pid} does not stop", file=sys.stderr)
            return 1
        time.sleep(0.1)
    return 0


def is_alive(pid: int) -> bool:
    """Also reaps it, where it is a child of ours (as in ``demo``)."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return os.path.exists(f"/proc/{pid}")


def demo(options: argparse.Namespace) -> int:
    code = up(options)
    if code:
        return code
    try:
        return subprocess.run(
            [sys.executable, "-m", "tools.demo", "--url", read_facts(options)["url"],
             "--clouds", os.path.join(options.state_path, "clouds.yaml"),
             "--state-path", options.state_path], check=False).returncode  # fmt: skip
    finally:
        down(options)


def hold(options: argparse.Namespace) -> int:
    return supervisor.run(
        options.state_path,
        options.fake_hosts,
        options.config_file,
        ready_file(options),
        options.guest_image,
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools.multi", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "demo", "hold"])
    parser.add_argument("--state-path", default="/var/lib/novalite-multi")
    parser.add_argument("--fake-hosts", type=int, default=0, help="0: one libvirt compute")
    parser.add_argument("--config-file", action="append", default=[], help="options for all")
    parser.add_argument("--guest-image", help="directory with the guest image")
    options = parser.parse_args()
    options.state_path = os.path.abspath(options.state_path)
    return {"up": up, "down": down, "demo": demo, "hold": hold}[options.command](options)


if __name__ == "__main__":
    sys.exit(main())
