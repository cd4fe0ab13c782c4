"""``novalite doctor``: what this machine can do as a compute host, what it cannot, and why.

Each check is a line; the exit code is 1 when something that a real hypervisor needs is missing.
"""

import argparse
import os
import shutil
from collections.abc import Callable, Iterator

from oslo_config import cfg

from novalite import conf as configuration
from novalite.cmd import control
from novalite.exception import NovaliteError
from novalite.virt import load_driver

PROGRAMS = {
    "qemu-img": "qemu-utils",
    "virsh": "libvirt-clients",
    "dnsmasq": "dnsmasq-base",
    "nft": "nftables",
    "ip": "iproute2",
}
ISO_BUILDERS = ("genisoimage", "mkisofs", "xorriso")
BRIDGE_FILTER = "/proc/sys/net/bridge"

Finding = tuple[bool, str, str]


def _root() -> Iterator[Finding]:
    yield os.geteuid() == 0, "root", "bridges and namespaces need it (sudo novalite up)"


def _programs() -> Iterator[Finding]:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    for name, package in PROGRAMS.items():
        yield shutil.which(name, path=path) is not None, name, f"Debian package {package}"
    found = [name for name in ISO_BUILDERS if shutil.which(name, path=path)]
    yield bool(found), "config drive builder", ", ".join(found) or "Debian package genisoimage"


def _bridge_filter() -> Iterator[Finding]:
    yield os.path.isdir(BRIDGE_FILTER), "br_netfilter", "security groups need it: modprobe it"


def _hypervisor(conf: cfg.ConfigOpts) -> Iterator[Finding]:
    try:
        driver = load_driver(conf, None, conf.host)
        driver.init_host(conf.host)
    except (ImportError, NovaliteError) as error:
        yield False, "libvirt", str(error)
        return
    try:
        for node in driver.nodes():
            size = f"{node.vcpus} vCPUs, {node.memory_mb} MiB, {node.local_gb} GiB"
            yield True, "libvirt", f"{node.hypervisor_type} {node.hypervisor_version}, {size}"
        kind = getattr(driver, "virt_type", "")
        reason = getattr(driver, "virt_reason", "")
        yield True, f"virt_type={kind}", reason
    finally:
        driver.close()


def run(options: argparse.Namespace) -> int:
    conf = configuration.configuration([])
    conf.set_default("state_path", options.state_path)
    checks: list[Callable[[], Iterator[Finding]]] = [_root, _programs, _bridge_filter]
    if os.geteuid() == 0:
        checks.append(lambda: _hypervisor(conf))
    missing = 0
    for check in checks:
        for good, what, detail in check():
            missing += not good
            print(f"  {'ok     ' if good else 'MISSING'}  {what:<22}  {detail}")
    pid = control.running_pid(options.state_path)
    print(f"  {'running' if pid else 'stopped'}  {'novalite':<22}  {options.state_path}")
    if missing:
        print("\n`novalite up --fake` needs none of this: simulated guests, no root.")
    return 1 if missing else 0
