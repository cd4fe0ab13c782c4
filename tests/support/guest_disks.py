"""What a guest of the tests' image says of its disks, and volumes that are files."""

import base64
import json
import pathlib
import subprocess
import uuid

from novalite.objects import BlockDevice

# All virtio disks with their size in sectors and the start of their serial number, whenever they
# change; a new one that has a serial number gets a line written to its third block. (The config
# drive is a disk, too, and so the first volume is vdc here.)
WATCH = """#!/bin/sh
watch() {
    before=
    while :; do
        now=
        for disk in /sys/block/vd*; do
            name=${disk##*/}
            now="$now $name:$(cat $disk/size):$(cat $disk/serial 2>/dev/null)"
            [ "$name" = vda ] || [ -z "$(cat $disk/serial)" ] || [ -e /run/seen-$name ] || {
                : >/run/seen-$name
                echo "written by the guest" |
                    dd of=/dev/$name bs=4096 seek=2 conv=sync,fsync 2>/dev/null &&
                    echo "written to $(cat $disk/serial);"
            }
        done
        for seen in /run/seen-*; do
            [ -e /sys/block/${seen#/run/seen-} ] || rm -f $seen
        done
        [ "$now" = "$before" ] || echo "disks:$now;"
        before=$now
        usleep 300000
    done
}
watch >/dev/console 2>&1 &
"""
USER_DATA = base64.b64encode(WATCH.encode()).decode()
WRITTEN_AT = 2 * 4096


WRITTEN = b"written by the guest"


def seen(gib: int, volume_id: str) -> bytes:
    """How the watcher says of a disk (a serial number of virtio has 20 characters)."""
    return f":{gib << 21}:{volume_id[:20]}".encode()


def written_to(volume_id: str) -> bytes:
    return f"written to {volume_id[:20]};".encode()


def make(folder: pathlib.Path, name: str, gib: int = 1, file_format: str = "qcow2") -> pathlib.Path:
    path = folder / name
    _qemu_img("create", "-q", "-f", file_format, str(path), f"{gib}G")
    path.chmod(0o666)
    return path


def overlay(path: pathlib.Path, below: pathlib.Path) -> pathlib.Path:
    """As the volume service prepares it: the file below is named without its directory."""
    _qemu_img(
        "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", below.name, path.name, cwd=path.parent
    )
    path.chmod(0o666)
    return path


def content(path: pathlib.Path, file_format: str, offset: int, length: int) -> bytes:
    """Of the disk that the file holds, whoever has it open."""
    raw = path.with_name(path.name + ".raw-copy")
    _qemu_img("convert", "-U", "-f", file_format, "-O", "raw", str(path), str(raw))
    try:
        with raw.open("rb") as file:
            file.seek(offset)
            return file.read(length)
    finally:
        raw.unlink()


def info(path: pathlib.Path, file_format: str = "qcow2") -> dict[str, object]:
    found = json.loads(_qemu_img("info", "-U", "--output=json", "-f", file_format, str(path)))
    assert isinstance(found, dict)
    return found


def device(
    path: pathlib.Path, name: str = "vdb", file_format: str = "qcow2", **more: object
) -> BlockDevice:
    volume_id = str(uuid.uuid4())
    connection = {
        "driver_volume_type": "file",
        "data": {"device_path": str(path), "format": file_format},
        "serial": volume_id,
    }
    if more.pop("shared", False):
        connection["multiattach"] = True
    values = {
        "uuid": str(uuid.uuid4()),
        "device_name": f"/dev/{name}",
        "disk_bus": "virtio",
        "volume_id": volume_id,
        "volume_size": 1,
        "connection_info": connection,
        **more,
    }
    return BlockDevice("volume", "volume", **values)  # type: ignore[arg-type]


def _qemu_img(*words: str, cwd: pathlib.Path | None = None) -> str:
    done = subprocess.run(["qemu-img", *words], check=True, capture_output=True, text=True, cwd=cwd)
    return done.stdout
