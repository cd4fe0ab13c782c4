"""A disk that a PC BIOS boots: one FAT partition with syslinux, made without root."""

import os
import struct

from tools.image.packages import BuildError, output

SECTOR = 512
START = 2048  # sectors before the partition
SIZE = 40 * 2**20  # bytes of the disk
LABEL = "NOVALITE"
FAT16_LBA, ACTIVE = 0x0E, 0x80
# tty0 first: the last console is where the guest's own lines go. What the kernel would measure
# slowly on an emulated processor is told to it.
CMDLINE = "console=tty0 console=ttyS0 quiet tsc=reliable no_timer_check random.trust_cpu=on"
CONFIG = f"""DEFAULT linux
PROMPT 0
LABEL linux
  KERNEL vmlinuz
  INITRD initrd.img
  APPEND {CMDLINE}
"""


def _boot_record(code: bytes) -> bytes:
    sectors = SIZE // SECTOR - START
    chs = b"\xfe\xff\xff"  # "look at the LBA fields"
    entry = struct.pack("<B3sB3sII", ACTIVE, chs, FAT16_LBA, chs, START, sectors)
    return code[:440].ljust(446, b"\0") + entry + b"\0" * 48 + b"\x55\xaa"


def build(folder: str, tools: str, kernel: str, initramfs: str) -> str:
    """``guest.qcow2`` in ``folder``. ``tools``: where syslinux and mtools are unpacked."""
    raw = os.path.join(folder, "guest.raw")
    with open(os.path.join(tools, "usr/lib/SYSLINUX/mbr.bin"), "rb") as file:
        record = _boot_record(file.read())
    with open(raw, "wb") as file:
        file.truncate(SIZE)
        file.write(record)
    config = os.path.join(folder, "syslinux.cfg")
    with open(config, "w") as text:
        text.write(CONFIG)
    mtools = os.path.join(tools, "usr/bin/mtools")
    partition = f"{raw}@@{START * SECTOR}"
    sectors = SIZE // SECTOR - START
    output(mtools, "-c", "mformat", "-i", partition, "-v", LABEL, "-N", "6e6c6974",
           "-T", str(sectors), "-h", "255", "-s", "63", "-H", str(START), "::")  # fmt: skip
    for source, name in ((config, "syslinux.cfg"), (kernel, "vmlinuz"), (initramfs, "initrd.img")):
        output(mtools, "-c", "mcopy", "-i", partition, source, f"::{name}")
    _install_loader(tools, raw)
    disk = os.path.join(folder, "guest.qcow2")
    output("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, disk)
    os.unlink(raw)
    os.unlink(config)
    return disk


def _install_loader(tools: str, raw: str) -> None:
    """syslinux's installer runs mtools, which it looks for in PATH."""
    path = os.path.join(tools, "usr/bin")
    for name in ("mcopy", "mmove", "mattrib", "mdel"):
        if not os.path.lexists(os.path.join(path, name)):
            os.symlink("mtools", os.path.join(path, name))
    if not os.path.exists(os.path.join(path, "syslinux")):
        raise BuildError("the package syslinux has no installer")
    output("env", f"PATH={path}:{os.environ.get('PATH', os.defpath)}",
           "syslinux", "--install", "--offset", str(START * SECTOR), raw)  # fmt: skip
