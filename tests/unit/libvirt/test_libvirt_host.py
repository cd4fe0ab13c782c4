"""What a host says of itself."""

import threading

from novalite import conf as configuration
from novalite.virt.libvirt import cpu_traits
from novalite.virt.libvirt.paths import Paths

import pytest  # isort: skip

pytest.importorskip("libvirt")
from novalite.virt.libvirt import host

CAPABILITIES = """
<capabilities>
  <host>
    <cpu>
      <arch>x86_64</arch><model>Skylake-Server</model><vendor>Intel</vendor>
      <topology sockets='2' dies='1' cores='4' threads='2'/>
      <feature name='avx2'/><feature name='vmx'/><feature name='unheard-of'/>
    </cpu>
    <secmodel><model>apparmor</model><doi>0</doi></secmodel>
    <secmodel>
      <model>dac</model><doi>0</doi>
      <baselabel type='kvm'>+64055:+109</baselabel>
      <baselabel type='qemu'>+64055:+109</baselabel>
    </secmodel>
  </host>
  <guest><os_type>hvm</os_type>
    <arch name='i686'><emulator>/usr/bin/qemu-system-i386</emulator><domain type='qemu'/></arch>
  </guest>
  <guest><os_type>hvm</os_type>
    <arch name='x86_64'>
      <emulator>/usr/bin/qemu-system-x86_64</emulator>
      <domain type='qemu'/><domain type='kvm'/>
    </arch>
  </guest>
  <guest><os_type>xen</os_type><arch name='x86_64'><domain type='xen'/></arch></guest>
</capabilities>
"""


@pytest.fixture
def facts():
    return host.parse(CAPABILITIES, "node-1", 16, "QEMU", 7002022)


def test_capabilities(facts):
    assert facts.architecture == "x86_64"
    assert facts.cpu_model == "Skylake-Server"
    assert facts.cpu_topology == {"sockets": 2, "cores": 4, "threads": 2}
    assert facts.emulator == "/usr/bin/qemu-system-x86_64"
    assert (facts.qemu_user.uid, facts.qemu_user.gid) == (64055, 109)


def test_a_kvm_that_does_not_work_is_not_offered(facts):
    assert host.supported_instances(facts, "qemu") == [
        ["i686", "qemu", "hvm"],
        ["x86_64", "qemu", "hvm"],
    ]
    assert ["x86_64", "kvm", "hvm"] in host.supported_instances(facts, "kvm")


def test_no_dac_label_means_ourselves():
    text = CAPABILITIES.replace("<model>dac</model>", "<model>none</model>")
    assert host.parse(text, "n", 1, "QEMU", 1).qemu_user.uid is None


def test_traits():
    assert cpu_traits.traits(["avx2", "vmx", "unheard-of"]) == [
        "HW_CPU_X86_AVX2",
        "HW_CPU_X86_INTEL_VMX",
    ]


def test_node(facts, tmp_path):
    conf = configuration.configuration()
    conf.set_override("state_path", str(tmp_path))
    conf.set_override("reserved_host_disk_mb", 1500)
    conf.set_override("cpu_allocation_ratio", 2.5)
    paths = Paths(conf.instances_path)
    paths.prepare()
    node = host.node(conf, "me", facts, "kvm", paths)
    assert (node.host, node.hypervisor_hostname, node.vcpus) == ("me", "node-1", 16)
    assert node.memory_mb > 0 and node.local_gb >= 0
    assert node.reserved_gb == 2  # rounded up
    assert (node.cpu_allocation_ratio, node.ram_allocation_ratio) == (2.5, 1.0)
    assert node.vcpus_used == node.memory_mb_used == 0
    assert "HW_CPU_X86_AVX2" in node.traits
    assert node.uuid == host.node(conf, "me", facts, "kvm", paths).uuid


def test_disk_available_least_counts_what_disks_may_still_take(facts, tmp_path):
    conf = configuration.configuration()
    conf.set_override("state_path", str(tmp_path))
    paths = Paths(conf.instances_path)
    paths.prepare()
    uuid = "11111111-2222-3333-4444-555555555555"
    paths.make_guest(uuid)
    header = b"QFI\xfb\0\0\0\x03".ljust(24, b"\0") + (7 << 30).to_bytes(8, "big")
    with open(paths.file(uuid, "disk"), "wb") as file:
        file.write(header)
    with open(paths.file(uuid, "disk.eph0"), "wb") as file:
        file.truncate(3 << 30)
    with open(paths.file(uuid, "disk.config"), "wb") as file:
        file.truncate(9 << 30)
    assert host.promised_gb(paths) == 9  # 7 + 3, less the few KiB that they hold
    empty = Paths(str(tmp_path / "other"))
    empty.prepare()
    assert host.promised_gb(empty) == 0


def test_compute_id_is_made_once(tmp_path):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(host.compute_id(str(tmp_path))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1
    assert [p.name for p in tmp_path.iterdir()] == [host.COMPUTE_ID]


def test_closed_directories_are_found(tmp_path):
    closed = tmp_path / "closed"
    paths = Paths(str(closed / "instances"))
    paths.prepare()
    closed.chmod(0o700)
    tmp_path.chmod(0o755)
    found = paths.closed_to_others()
    assert found is not None and str(closed).startswith(found)
    assert Paths("/").closed_to_others() is None
