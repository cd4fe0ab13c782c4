"""What the host itself says of a server, asked of its own tools and not of the API."""

import glob
import os
import subprocess


def run(*command: str, timeout: float = 30) -> tuple[int, str]:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=False
    )
    return done.returncode, done.stdout.decode(errors="replace")


def root(*command: str, timeout: float = 30) -> tuple[int, str]:
    prefix = () if os.geteuid() == 0 else ("sudo", "-n")
    return run(*prefix, *command, timeout=timeout)


def domains() -> str:
    return root("virsh", "-c", "qemu:///system", "list", "--all")[1]


def domain_uuids() -> list[str]:
    return root("virsh", "-c", "qemu:///system", "list", "--all", "--uuid")[1].split()


def ping(address: str) -> bool:
    return run("ping", "-c", "1", "-W", "1", address)[0] == 0


class Shell:
    """SSH into a guest with one key; host keys of demo guests are new each time."""

    def __init__(self, address: str, key_file: str) -> None:
        self.command = (
            "ssh", "-i", key_file, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
            "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
            "-o", "ConnectTimeout=3", f"root@{address}",
        )  # fmt: skip

    def __call__(self, command: str) -> tuple[int, str]:
        return run(*self.command, command, timeout=60)


def disk_files(state_path: str, uuid: str) -> list[str]:
    _, out = root("find", os.path.join(state_path, "instances", uuid), "-type", "f")
    return [line for line in out.splitlines() if line.startswith("/")]


def device_exists(name: str) -> bool:
    return os.path.exists(f"/sys/class/net/{name}")


def dhcp_entries(state_path: str, mac: str) -> list[str]:
    """Lines about ``mac`` in any DHCP host or lease file."""
    _, out = root("grep", "-rhi", mac, os.path.join(state_path, "network"))
    return [line for line in out.splitlines() if mac in line.lower()]


def guest_processes(uuid: str) -> list[str]:
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if b"qemu" in words[0] and any(uuid.encode() in word for word in words):
            found.append(path.split("/")[2])
    return found
