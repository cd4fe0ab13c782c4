"""Build the guest image from Debian packages: vmlinuz, initrd.img and guest.qcow2.

    python -m tools.image.build --output /var/lib/novalite/guest

The whole system is the initramfs: a cloud kernel, busybox and dropbear, about 18 MB in all. Boot
``guest.qcow2`` as a disk, or ``vmlinuz`` with ``initrd.img`` directly. What is there already and
was made from the same sources is kept.
"""

import argparse
import glob
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time

from tools.image import disk, packages
from tools.image.initramfs import Tree
from tools.image.modules import FIRST, SECOND, Modules
from tools.image.packages import BuildError, output

HERE = os.path.dirname(os.path.abspath(__file__))
PRODUCTS = ("vmlinuz", "initrd.img", "guest.qcow2")
MANIFEST = "manifest.json"
PROGRAMS = ("dropbear", "dropbearkey")
GUEST_FILES = {
    "init": ("init", 0o755), "inittab": ("etc/inittab", 0o644), "boot": ("etc/boot", 0o755),
    "halt": ("etc/halt", 0o755), "network": ("etc/network", 0o755), "say": ("etc/say", 0o644),
    "metadata": ("etc/metadata", 0o644), "power-button": ("etc/acpi/PWRF/00000080", 0o755),
}  # fmt: skip


def fingerprint() -> str:
    """Of everything here that decides what the image is."""
    digest = hashlib.sha256()
    for path in sorted(glob.glob(f"{HERE}/*.py") + glob.glob(f"{HERE}/guest/*")):
        with open(path, "rb") as file:
            digest.update(os.path.basename(path).encode() + b"\0" + file.read())
    return digest.hexdigest()


def is_built(folder: str) -> bool:
    try:
        with open(os.path.join(folder, MANIFEST)) as file:
            manifest = json.load(file)
    except (OSError, ValueError):
        return False
    return manifest.get("fingerprint") == fingerprint() and all(
        os.path.exists(os.path.join(folder, name)) for name in PRODUCTS
    )


def _libraries(root: str, program: str) -> dict[str, str]:
    """name -> file of the shared objects that ``program`` loads, and "loader" -> its loader; asked
    of the loader of the packages themselves, not of the host's."""
    found = glob.glob(f"{root}/**/ld-linux-x86-64.so.2", recursive=True)
    loader = next((path for path in found if os.path.isfile(os.path.realpath(path))), None)
    if loader is None:
        raise BuildError("the packages hold no program loader")
    folders = glob.glob(f"{root}/**/x86_64-linux-gnu", recursive=True)
    text = output(loader, "--library-path", ":".join(folders), "--list", program)
    libraries = {"loader": loader}
    for line in text.splitlines():
        name, arrow, rest = line.strip().partition(" => ")
        if arrow and not name.startswith("/"):
            path = rest.partition(" (")[0]
            if not path.startswith(root):
                raise BuildError(f"{name} is in none of the packages")
            libraries[name] = path
    return libraries


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _add_programs(tree: Tree, root: str) -> None:
    busybox = next(p for p in glob.glob(f"{root}/**/bin/busybox", recursive=True))
    tree.file("bin/busybox", _read(busybox), 0o755)
    for applet in sorted({*output(busybox, "--list").split()} - {"busybox"}):
        tree.link(f"bin/{applet}", "busybox")
    tree.link("sbin", "bin")
    tree.link("usr/bin", "../bin")
    tree.link("usr/sbin", "../bin")
    for name in PROGRAMS:
        found = [p for p in glob.glob(f"{root}/usr/*bin/{name}") if os.path.isfile(p)]
        if not found:
            raise BuildError(f"the package dropbear-bin has no {name}")
        tree.file(f"bin/{name}", _read(found[0]), 0o755)
        for library, path in _libraries(root, found[0]).items():
            target = "lib64/ld-linux-x86-64.so.2" if library == "loader" else f"lib/{library}"
            tree.file(target, _read(path), 0o755)


def _add_modules(tree: Tree, root: str) -> None:
    modules = Modules(root)
    loaded: set[str] = set()
    for stage, names in (("first", FIRST), ("second", SECOND)):
        order = [name for name in modules.ordered(names) if name not in loaded]
        loaded.update(order)
        lines = "".join(f"/lib/modules/{name}.ko\n" for name in order)
        tree.file(f"lib/modules/{stage}", lines.encode())
        for name in order:
            tree.file(f"lib/modules/{name}.ko", modules.content(name))


def initramfs(root: str) -> bytes:
    tree = Tree()
    for path in ("dev", "proc", "sys", "run", "tmp", "mnt", "var/log", "etc", "usr"):
        tree.folder(path)
    tree.folder("root", 0o700)
    tree.folder("root/.ssh", 0o700)
    # The kernel opens it before anything is mounted.
    tree.character_device("dev/console", 5, 1)
    tree.character_device("dev/null", 1, 3, 0o666)
    tree.link("var/run", "../run")
    tree.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    tree.file("etc/shadow", b"root:*:19000:0:99999:7:::\n", 0o600)
    tree.file("etc/group", b"root:x:0:\n")
    tree.file("etc/shells", b"/bin/sh\n")
    tree.file("etc/hosts", b"127.0.0.1 localhost\n")
    tree.file("etc/os-release", b'NAME="novalite guest"\nID=novalite-guest\n')
    for source, (target, mode) in GUEST_FILES.items():
        tree.file(target, _read(os.path.join(HERE, "guest", source)), mode)
    _add_programs(tree, root)
    _add_modules(tree, root)
    return tree.packed()


def build(folder: str) -> None:
    """Build into ``folder``. The products appear complete, the manifest last."""
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".build-") as work:
        root, debs = os.path.join(work, "root"), os.path.join(work, "debs")
        os.mkdir(root)
        os.mkdir(debs)
        wanted = [*packages.kernel_packages(), *packages.TOOLS]
        packages.fetch([*wanted, *packages.with_libraries("dropbear-bin")], debs)
        packages.unpack(debs, root)
        kernels = glob.glob(f"{root}/boot/vmlinuz-*")
        if len(kernels) != 1:
            raise BuildError(f"expected one kernel, found {kernels}")
        shutil.copyfile(kernels[0], f"{work}/vmlinuz")
        with open(f"{work}/initrd.img", "wb") as file:
            file.write(initramfs(root))
        disk.build(work, root, f"{work}/vmlinuz", f"{work}/initrd.img")
        for name in PRODUCTS:
            os.chmod(f"{work}/{name}", 0o644)
            os.replace(f"{work}/{name}", os.path.join(folder, name))
        manifest = {
            "fingerprint": fingerprint(),
            "kernel": os.path.basename(kernels[0]).removeprefix("vmlinuz-"),
            "packages": sorted(os.listdir(debs)),
        }
        with open(f"{work}/{MANIFEST}", "w") as text:
            json.dump(manifest, text, indent=1)
        os.replace(f"{work}/{MANIFEST}", os.path.join(folder, MANIFEST))


def main() -> int:
    parser = argparse.ArgumentParser(prog="image", description=__doc__.partition("\n")[0])
    parser.add_argument("--output", required=True, help="directory for the three files")
    parser.add_argument("--force", action="store_true", help="build even when it is there")
    options = parser.parse_args()
    if is_built(options.output) and not options.force:
        return 0
    if output("dpkg", "--print-architecture").strip() != "amd64":
        print("the guest image can only be built on amd64", file=sys.stderr)
        return 1
    started = time.monotonic()
    print(f"building the guest image in {options.output}")
    try:
        build(options.output)
    except BuildError as error:
        print(f"cannot build the guest image: {error}", file=sys.stderr)
        return 1
    sizes = ", ".join(
        f"{name} {os.path.getsize(os.path.join(options.output, name)) / 2**20:.1f} MiB"
        for name in PRODUCTS
    )
    print(f"built in {time.monotonic() - started:.1f} s: {sizes}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
