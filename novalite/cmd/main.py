"""``novalite``: the all-in-one cloud on this machine: up, down, status, doctor.

novalite up              a cloud with a real hypervisor (root)
novalite up --fake       the same cloud with simulated guests (anybody)
"""

import argparse
import os
import sys


def default_state_path() -> str:
    if os.geteuid() == 0:
        return "/var/lib/novalite"
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(base, "novalite")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="novalite", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text)
        one.add_argument(
            "--state-path",
            default=default_state_path(),
            help="directory of databases, disks, images and keys (default: %(default)s)",
        )
        return one

    up = command("up", "start the all-in-one cloud and return when it answers")
    up.add_argument("--fake", action="store_true", help="simulated guests; needs no root")
    up.add_argument("--foreground", action="store_true", help="stay; for systemd and debugging")
    up.add_argument("--listen", default="127.0.0.1", help="address (default: %(default)s)")
    up.add_argument("--port", type=int, default=8774, help="port (default: %(default)s)")
    up.add_argument("--config-file", action="append", default=[], help="options, as in nova.conf")
    up.add_argument("--clouds", help="clouds.yaml to keep our entries in (default: the user's)")
    up.add_argument("--guest-image", help="directory with guest.qcow2, vmlinuz and initrd.img")
    up.add_argument("--fake-hosts", type=int, default=1, help="simulated compute hosts")
    up.add_argument("--wait", type=float, default=60, help="seconds to wait for it to answer")

    down = command("down", "stop it; servers and data stay")
    down.add_argument("--purge", action="store_true", help="also remove servers, networks and data")
    down.add_argument("--config-file", action="append", default=[], help="as given to `up`")
    command("status", "say whether it runs, and how to use it")
    command("doctor", "say what this machine can do, and why")
    return top


def main(argv: list[str] | None = None) -> int:
    options = parser().parse_args(argv)
    options.state_path = os.path.abspath(options.state_path)
    if options.command == "up" and options.foreground:
        from novalite.cmd import backend

        backend.start(
            [word for name in options.config_file for word in ("--config-file", name)],
            default="threading",
        )
        from novalite.cmd import all_in_one

        return all_in_one.run(options)
    if options.command == "doctor":
        from novalite.cmd import doctor

        return doctor.run(options)
    from novalite.cmd import control

    return {"up": control.up, "down": control.down, "status": control.status}[options.command](
        options
    )


if __name__ == "__main__":
    sys.exit(main())
