"""A running libvirt for this host.

    python -m tools.host.libvirt start --state-path /var/lib/novalite
    python -m tools.host.libvirt stop --state-path /var/lib/novalite

What answers on the standard socket already is used as it is. With systemd the distribution's
own service is started. Without it (a container, a CI machine) libvirtd is started here with a
configuration of its own, which it sees in /etc/libvirt by a bind mount in a mount namespace:
the host's /etc stays as it was. QEMU then runs as root, without the confinement that a real
host has. ``stop`` ends only what ``start`` started, and leaves guests running.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time

URI = "qemu:///system"
QEMU_CONF = "/etc/libvirt/qemu.conf"
SYSTEMD = "/run/systemd/system"
SERVICES = ("libvirtd.service", "virtqemud.service")
START_SECONDS = 60

# Nothing here may need cgroups, /dev/kvm for another user, or a second daemon (virtlogd).
QEMU_SETTINGS = """user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
remember_owner = 0
"""
LIBVIRTD_SETTINGS = """auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_ro_perms = "0777"
unix_sock_rw_perms = "0770"
log_filters = "3:*"
log_outputs = "1:file:{folder}/libvirtd.log"
"""


class HostError(Exception):
    pass


def answers(uri: str = URI, timeout: float = 20) -> bool:
    """Whether a libvirt serves QEMU guests there."""
    try:
        done = subprocess.run(
            ["virsh", "-q", "-c", uri, "version"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    except FileNotFoundError:
        raise HostError("virsh is not installed (Debian package libvirt-clients)") from None
    return done.returncode == 0


class PrivateLibvirt:
    """A libvirtd of our own; its files are in ``folder``."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.abspath(folder)
        self.pid_file = os.path.join(self.folder, "subreaper.pid")
        self.log_file = os.path.join(self.folder, "libvirtd.log")

    def pid(self) -> int | None:
        """Of the sub-reaper, when it is still that."""
        try:
            with open(self.pid_file) as file:
                pid = int(file.read())
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read()
        except (OSError, ValueError):
            return None
        return pid if self.folder.encode() in words and b"subreaper" in words else None

    def start(self) -> None:
        if os.geteuid() != 0:
            raise HostError("libvirtd must be started by root")
        os.makedirs(self.folder, mode=0o711, exist_ok=True)
        settings = os.path.join(self.folder, "qemu.conf")
        self._write(settings, QEMU_SETTINGS)
        daemon = os.path.join(self.folder, "libvirtd.conf")
        self._write(daemon, LIBVIRTD_SETTINGS.format(folder=self.folder))
        libvirtd = shutil.which("libvirtd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if libvirtd is None or not os.path.exists(QEMU_CONF):
            raise HostError("libvirtd is not installed (Debian package libvirt-daemon-system)")
        # Later mounts of the host shall be seen by libvirt, but not the other way round.
        script = f'mount --bind "$1" {QEMU_CONF} && exec "$2" -f "$3"'
        command = [
            "unshare", "--mount", "--propagation", "slave",
            "sh", "-c", script, "sh", settings, libvirtd, daemon,
        ]  # fmt: skip
        reaper = os.path.join(os.path.dirname(os.path.abspath(__file__)), "subreaper.py")
        with open(os.path.join(self.folder, "start.log"), "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-I", reaper, *command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd="/", start_new_session=True,
            )  # fmt: skip
        self._write(self.pid_file, f"{process.pid}\n")
        self._wait(process)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not (os.path.exists("/run/libvirt/libvirt-sock") and answers()):
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                with open(os.path.join(self.folder, "start.log"), errors="replace") as file:
                    reason = file.read()[-1000:]
                raise HostError(f"libvirtd did not start; see {self.log_file}\n{reason}")
            time.sleep(0.05)

    def stop(self) -> None:
        pid = self.pid()
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + 20
            while self.pid() is not None and time.monotonic() < deadline:
                try:
                    os.waitpid(pid, os.WNOHANG)
                except ChildProcessError:
                    pass
                time.sleep(0.05)
            if self.pid() is not None:
                raise HostError(f"libvirtd (process {pid}) does not stop")
        if os.path.exists(self.pid_file):
            os.unlink(self.pid_file)

    @staticmethod
    def _write(path: str, text: str) -> None:
        with open(path, "w") as file:
            file.write(text)


def start(state_path: str) -> str:
    """Returns what was done, for people. Raises HostError."""
    if answers():
        return "libvirt is running"
    if os.path.isdir(SYSTEMD):
        for service in SERVICES:
            done = subprocess.run(["systemctl", "start", service], capture_output=True, check=False)
            if done.returncode == 0 and answers(timeout=START_SECONDS):
                return f"started {service}"
        raise HostError(f"systemd could start none of {', '.join(SERVICES)}")
    PrivateLibvirt(os.path.join(state_path, "libvirt")).start()
    return "started a libvirtd of our own"


def stop(state_path: str) -> str:
    private = PrivateLibvirt(os.path.join(state_path, "libvirt"))
    if private.pid() is None:
        return "no libvirtd of ours is running"
    private.stop()
    return "stopped our libvirtd"


def main() -> int:
    parser = argparse.ArgumentParser(prog="libvirt", description=__doc__.partition("\n")[0])
    parser.add_argument("action", choices=["start", "stop"])
    parser.add_argument("--state-path", default="/var/lib/novalite")
    options = parser.parse_args()
    try:
        print({"start": start, "stop": stop}[options.action](options.state_path))
    except HostError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
