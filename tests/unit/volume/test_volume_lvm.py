"""Thin logical volumes: what LVM is asked, by an LVM that keeps its volumes in a dictionary.

The machines of the test suite have no device mapper; that LVM does what is asked is LVM's own
affair, and that nothing is asked twice or forgotten is tried here.
"""

import subprocess

import pytest

from novalite import conf as configuration
from novalite.exception import NotFound
from novalite.volume.embedded import qemu_img
from novalite.volume.embedded.backends import GIB, Source, load
from novalite.volume.embedded.backends.lvm import LvmBackend, run_command
from novalite.volume.embedded.errors import BackendFailed

VOLUME = "3f0c4b9e-7f0f-4b2e-9a55-0d8d5d6ab000"
OTHER = "3f0c4b9e-7f0f-4b2e-9a55-0d8d5d6ab001"


class Lvm:
    """Logical volumes of one group: name -> (bytes, origin, active)."""

    def __init__(self, group):
        self.group = group
        self.volumes = {}
        self.commands = []

    def __call__(self, command):
        self.commands.append(command)
        return getattr(self, command[0])(command[1:]) or ""

    def fail(self, reason):
        raise BackendFailed(what="lvm", reason=reason)

    @staticmethod
    def option(words, name):
        return words[words.index(name) + 1]

    def full(self, name):
        group, _, rest = name.partition("/")
        assert group == self.group
        return rest

    def vgs(self, words):
        return f"  {self.group}\n" if words[-1] == self.group else self.fail("no such group")

    def lvs(self, words):
        what = self.option(words, "-o")
        if what == "lv_name":
            return "".join(f"  {name}\n" for name in self.volumes)
        name = self.full(words[-1])
        if name not in self.volumes:
            self.fail(f"no {name}")
        size = self.volumes[name][0]
        return f"  {size}\n" if what == "lv_size" else f"  {size} 25.00\n"

    def lvcreate(self, words):
        assert "-y" in words
        if "-l" in words:
            assert self.option(words, "-l") == "95%FREE"
            self.volumes[self.full(self.option(words, "-T"))] = (100 * GIB, None, True)
            return
        name = self.option(words, "-n")
        if name in self.volumes:
            self.fail(f"{name} exists")
        if "-s" in words:
            origin = self.full(words[-1])
            self.volumes[name] = (self.volumes[origin][0], origin, False)
        else:
            size = int(self.option(words, "-V").removesuffix("G")) * GIB
            self.volumes[name] = (size, None, True)

    def lvchange(self, words):
        name = self.full(words[-1])
        assert "-kn" in words and "-ay" in words
        size, origin, _ = self.volumes[name]
        self.volumes[name] = (size, origin, True)

    def lvextend(self, words):
        name = self.full(words[-1])
        size = int(self.option(words, "-L").removesuffix("G")) * GIB
        old, origin, active = self.volumes[name]
        assert size > old, "LVM refuses not to grow"
        self.volumes[name] = (size, origin, active)

    def lvremove(self, words):
        name = self.full(words[-1])
        if name not in self.volumes:
            self.fail(f"no {name}")
        del self.volumes[name]

    def lvrename(self, words):
        group, old, new = words
        assert group == self.group
        self.volumes[new] = self.volumes.pop(old)


@pytest.fixture
def conf(tmp_path):
    conf = configuration.configuration()
    conf.set_override("state_path", str(tmp_path))
    conf.set_override("volume_group", "vg", "embedded")
    conf.set_override("volume_backends", ["lvm", "qcow2"], "embedded")
    return conf


@pytest.fixture
def lvm():
    return Lvm("vg")


@pytest.fixture
def backend(conf, lvm):
    backend = LvmBackend(conf, lvm)
    backend.prepare()
    return backend


def volume(location, size=1):
    row = {"id": VOLUME, "location": location, "size": size, "format": "raw"}
    return {**row, "status": "available", "in_use": False}


def test_it_is_chosen_in_the_configuration_and_the_first_is_the_default(conf):
    assert list(load(conf)) == ["lvm", "qcow2"]


def test_the_pool_is_made_once(backend, lvm):
    assert lvm.volumes == {"pool": (100 * GIB, None, True)}
    backend.prepare()
    assert len([c for c in lvm.commands if c[0] == "lvcreate"]) == 1


def test_without_its_group_it_cannot_be_used(conf):
    with pytest.raises(BackendFailed):
        LvmBackend(conf, Lvm("another")).prepare()


def test_volumes_are_thin_raw_and_reached_as_devices(backend, lvm):
    location = backend.create(VOLUME, "raw", 2)
    assert lvm.volumes[location] == (2 * GIB, None, True)
    assert "-T" in lvm.commands[-1] and "vg/pool" in lvm.commands[-1]
    kind, data = backend.connection(location, "raw")
    assert (kind, data) == ("local", {"device_path": f"/dev/vg/{location}", "format": "raw"})
    assert backend.source(location, "raw") == Source(f"/dev/vg/{location}", "raw")
    assert backend.format_of(multiattach=True) == backend.format_of(multiattach=False) == "raw"


def test_extending_again_is_harmless(backend, lvm):
    location = backend.create(VOLUME, "raw", 1)
    backend.extend(location, "raw", 3)
    backend.extend(location, "raw", 3)
    assert lvm.volumes[location][0] == 3 * GIB


def test_a_clone_is_a_snapshot_of_its_own_that_is_switched_on_and_may_be_larger(backend, lvm):
    origin = backend.create(VOLUME, "raw", 1)
    copy = backend.clone(OTHER, "raw", 2, origin, "raw")
    assert lvm.volumes[copy] == (2 * GIB, origin, True)
    assert copy.startswith(f"volume-{OTHER}.")


def test_snapshots_come_and_go_without_anybodys_help(backend, lvm):
    location = backend.create(VOLUME, "raw", 1)
    frozen, active = backend.snapshot(volume(location), "s")
    assert active == location and lvm.volumes[frozen][1] == location
    assert backend.live_snapshots is False
    removal = backend.remove_snapshot(volume(location), {"location": frozen}, [])
    assert (removal.merge, removal.moved, removal.unused) == (None, {}, (frozen,))
    reverted = backend.revert(volume(location, size=2), {"location": frozen})
    assert lvm.volumes[reverted] == (2 * GIB, frozen, True)


def test_removing_twice_is_harmless(backend, lvm):
    location = backend.create(VOLUME, "raw", 1)
    backend.remove(location)
    backend.remove(location)
    assert list(lvm.volumes) == ["pool"]


def test_what_a_copy_began_is_removed_when_it_fails(backend, lvm, monkeypatch):
    def copy(*words):
        assert "-n" in words and "--target-is-zero" in words
        raise BackendFailed(what="qemu-img", reason="no room")

    monkeypatch.setattr(qemu_img, "copy", copy)
    with pytest.raises(BackendFailed):
        backend.create_from(VOLUME, "raw", 1, Source("/image", "qcow2"))
    assert list(lvm.volumes) == ["pool"]


def test_only_what_it_made_itself_is_a_leftover(backend, lvm):
    kept = backend.create(VOLUME, "raw", 1)
    stray = backend.create(OTHER, "raw", 1)
    lvm.volumes["root"] = (GIB, None, True)
    lvm.volumes[f"volume-{OTHER}"] = (GIB, None, True)
    assert backend.leftovers({kept}) == [stray]
    assert backend.adoptable({kept}) == [(f"volume-{OTHER}", GIB)]


def test_a_volume_is_released_and_adopted_by_renaming(backend, lvm):
    location = backend.create(VOLUME, "raw", 1)
    name = backend.released_name(VOLUME, "raw")
    backend.rename(location, name)
    assert name in lvm.volumes and not backend.exists(location)
    with pytest.raises(NotFound):
        backend.rename(location, name)
    back = backend.new_location(OTHER, backend.format_named(name))
    backend.rename(name, back)
    assert backend.exists(back)


def test_capacity_is_the_pools(backend):
    assert backend.capacity() == (100.0, 75.0)


def test_a_command_that_fails_says_why():
    with pytest.raises(BackendFailed, match="false"):
        run_command(["false"])
    with pytest.raises(BackendFailed):
        run_command(["no-such-command-anywhere"])
    assert run_command(["echo", "vg"]) == "vg\n"


def test_qemu_img_cannot_write_over_the_copy_of_another_attempt(tmp_path):
    """It is what crash safety rests on: no two locations are the same."""
    conf = configuration.configuration()
    conf.set_override("state_path", str(tmp_path))
    backend = load(conf)["qcow2"]
    backend.prepare()
    made = {backend.create(VOLUME, "qcow2", 1) for _ in range(3)}
    assert len(made) == 3
    assert set(backend.leftovers(())) == made
    out = subprocess.run(["ls", tmp_path / "volumes"], capture_output=True, text=True, check=True)
    assert set(out.stdout.split()) == made
