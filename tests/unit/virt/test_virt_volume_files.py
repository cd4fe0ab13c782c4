"""Files of volumes changed while no guest has them open; real qcow2 files."""

import pathlib
import shutil
import subprocess

import pytest

from novalite.exception import InvalidInput
from novalite.virt import volume_files
from novalite.virt.volume_files import VolumeFileFailed
from tests.support import guest_disks

pytestmark = pytest.mark.skipif(not shutil.which("qemu-img"), reason="needs qemu-img")

MIB = 1 << 20


@pytest.fixture
def files(tmp_path: pathlib.Path) -> list[pathlib.Path]:
    """A chain of four, each with a byte of its own at its own place."""
    made: list[pathlib.Path] = []
    for number in range(4):
        path = tmp_path / f"v.{number}.qcow2"
        if made:
            guest_disks.overlay(path, made[-1])
        else:
            subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "4M"], check=True)
        command = f"write -q -P {number + 1} {number}M 64k"
        subprocess.run(["qemu-io", "-f", "qcow2", "-c", command, path], check=True)
        made.append(path)
    return made


def whole(path: pathlib.Path) -> bool:
    """Whether all that was written is still to be read."""
    bytes_ = [guest_disks.content(path, "qcow2", n * MIB, 1)[0] for n in range(4)]
    return bytes_ == [1, 2, 3, 4]


def names(path: pathlib.Path) -> list[str]:
    return [pathlib.Path(file).name for file in volume_files.chain(str(path))]


def test_the_chain(files: list[pathlib.Path]) -> None:
    assert names(files[3]) == [f"v.{n}.qcow2" for n in (3, 2, 1, 0)]


def test_a_file_goes_into_the_one_below(files: list[pathlib.Path]) -> None:
    for _ in range(2):
        active = volume_files.commit(str(files[3]), "v.2.qcow2", "v.1.qcow2")
        assert active == str(files[3])
    assert names(files[3]) == ["v.3.qcow2", "v.1.qcow2", "v.0.qcow2"]
    files[2].unlink()
    assert whole(files[3])


def test_the_active_file_goes_into_the_one_below(files: list[pathlib.Path]) -> None:
    active = volume_files.commit(str(files[3]), str(files[3]), str(files[2]))
    assert active == str(files[2])
    files[3].unlink()
    assert whole(files[2])


def test_the_active_file_takes_all_in(files: list[pathlib.Path]) -> None:
    for below, left in (("v.1.qcow2", 3), ("v.0.qcow2", 2), (None, 1)):
        for _ in range(2):
            volume_files.stand_on(str(files[3]), below)
        assert len(names(files[3])) == left
    for file in files[:3]:
        file.unlink()
    assert whole(files[3])


@pytest.mark.parametrize("name", ["/etc/passwd", "../v.2.qcow2", "deeper/v.2.qcow2"])
def test_files_of_somewhere_else_are_refused(files: list[pathlib.Path], name: str) -> None:
    with pytest.raises(InvalidInput, match="does not lie beside"):
        volume_files.commit(str(files[3]), name, "v.1.qcow2")
    with pytest.raises(InvalidInput, match="does not lie beside"):
        volume_files.commit(str(files[3]), "v.2.qcow2", name)
    with pytest.raises(InvalidInput, match="does not lie beside"):
        volume_files.stand_on(str(files[3]), name)
    assert whole(files[3])


def test_growing(files: list[pathlib.Path], tmp_path: pathlib.Path) -> None:
    for size in (8, 8, 6):
        volume_files.grow(str(files[3]), "qcow2", size * MIB)
    assert guest_disks.info(files[3])["virtual-size"] == 8 * MIB
    raw = tmp_path / "raw"
    raw.write_bytes(b"x" * 100)
    for size in (4096, 512):
        volume_files.grow(str(raw), "raw", size)
    assert raw.stat().st_size == 4096


def test_what_is_in_a_raw_file_is_nobodys_business(files: list[pathlib.Path]) -> None:
    """A guest may write there what looks like qcow2 with another file below it."""
    size = files[3].stat().st_size
    volume_files.grow(str(files[3]), "raw", size + 4096)
    assert files[3].stat().st_size == size + 4096


def test_a_file_that_is_none_fails_with_a_reason(tmp_path: pathlib.Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"nothing" * 1000)
    with pytest.raises(VolumeFileFailed, match="qemu-img info"):
        volume_files.grow(str(broken), "qcow2", MIB)
