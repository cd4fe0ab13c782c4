"""Each filter: what passes, what does not, and that a refusal gives its figures."""

import json
from typing import Any

import pytest

from novalite.objects import Aggregate, ComputeNode, Flavor, ImageMeta, InstanceGroup, RequestSpec
from novalite.objects import Service as ServiceRecord
from novalite.scheduler import plugins
from novalite.scheduler.filters.base import Filter
from novalite.scheduler.filters.image_properties import satisfies
from novalite.scheduler.host_state import HostState
from novalite.scheduler.operators import matches
from novalite.scheduler.options import Options
from novalite.scheduler.request import Request

KNOWN = plugins.classes_in("novalite.scheduler.filters", Filter)
REFERENCE = {
    "AllHostsFilter",
    "ComputeFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "AggregateImagePropertiesIsolation",
    "AggregateInstanceExtraSpecsFilter",
    "AggregateMultiTenancyIsolation",
    "AggregateTypeAffinityFilter",
    "DifferentHostFilter",
    "SameHostFilter",
    "SimpleCIDRAffinityFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
    "IoOpsFilter",
    "AggregateIoOpsFilter",
    "NumInstancesFilter",
    "AggregateNumInstancesFilter",
    "IsolatedHostsFilter",
    "JsonFilter",
    "MetricsFilter",
}


def host(
    name: str = "host1", aggregates: list[dict[str, str]] | None = None, **more: Any
) -> HostState:
    members = {"is_up", "silence", "service", "num_instances", "num_io_ops"}
    state = {key: more.pop(key) for key in list(more) if key in members}
    node = ComputeNode(
        **(
            {
                "host": name,
                "hypervisor_hostname": name,
                "uuid": f"uuid-{name}",
                "id": 1,
                "vcpus": 8,
                "memory_mb": 8192,
                "local_gb": 100,
                "cpu_allocation_ratio": 1.0,
            }
            | more
        )
    )
    state.setdefault("service", ServiceRecord("u", name, "nova-compute", "compute"))
    return HostState(
        node,
        "cell",
        aggregates=[
            Aggregate(number, f"u{number}", f"a{number}", metadata=metadata)
            for number, metadata in enumerate(aggregates or [])
        ],
        **state,
    )


def request(
    hosts_of: dict[str, str] | None = None,
    group: InstanceGroup | None = None,
    hints: dict[str, list[str]] | None = None,
    image: dict[str, Any] | None = None,
    extra_specs: dict[str, str] | None = None,
    **more: Any,
) -> Request:
    flavor = Flavor("1", "small", 1024, 2, 10, extra_specs=extra_specs or {})
    values: dict[str, Any] = {"instance_uuid": "me", "project_id": "p", "user_id": "u"}
    values |= {"flavor": flavor, "image": ImageMeta(id="image", properties=image or {})}
    spec = RequestSpec(**(values | {"scheduler_hints": hints or {}} | more))
    return Request(spec, group, hosts_of or {})


def outcome(name: str, state: HostState, what: Request, **options: Any) -> str | None:
    each = KNOWN[name](Options(**options))
    return each.refusal(state, what) if each.applies(what) else None


def test_every_filter_of_the_reference_is_there() -> None:
    assert set(KNOWN) >= REFERENCE
    assert set(KNOWN) - REFERENCE == {"AvailabilityZoneFilter", "TraitsFilter", "ResourceFilter"}


def test_an_unknown_filter_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"NoSuchFilter.*ComputeFilter"):
        plugins.load("novalite.scheduler.filters", Filter, "NoSuchFilter", KNOWN)
    found = plugins.load("novalite.scheduler.filters", Filter, "some.path.ComputeFilter", KNOWN)
    assert found is KNOWN["ComputeFilter"]


def service(**members: Any) -> ServiceRecord:
    return ServiceRecord("u", "host1", "nova-compute", "compute", **members)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({}, None),
        ({"service": None}, "no compute service"),
        ({"service": service(disabled=True, disabled_reason="broken")}, "disabled: broken"),
        ({"service": service(forced_down=True)}, "forced down"),
        ({"is_up": False, "silence": 75.0}, "75 s ago"),
    ],
)
def test_compute(state: dict[str, Any], reason: str | None) -> None:
    found = outcome("ComputeFilter", host(**state), request())
    assert (found is None) if reason is None else (found is not None and reason in found)


@pytest.mark.parametrize(
    ("zone", "aggregates", "passes"),
    [
        (None, [], True),
        ("nova", [], True),
        ("az1", [], False),
        ("az1", [{"availability_zone": "az1"}], True),
        ("nova", [{"availability_zone": "az1"}], False),
        ("az2", [{"availability_zone": "az1,az2"}], True),
        ("nova", [{"ssd": "true"}], True),
    ],
)
def test_availability_zone(
    zone: str | None, aggregates: list[dict[str, str]], passes: bool
) -> None:
    found = outcome(
        "AvailabilityZoneFilter", host(aggregates=aggregates), request(availability_zone=zone)
    )
    assert (found is None) is passes


@pytest.mark.parametrize(
    ("extra_specs", "passes"),
    [
        ({}, True),
        ({"capabilities:hypervisor_type": "QEMU"}, True),
        ({"capabilities:hypervisor_type": "s== Xen"}, False),
        ({"capabilities:cpu_info:model": "<or> a <or> Skylake"}, True),
        ({"capabilities:cpu_info:features": "<all-in> aes vmx"}, True),
        ({"capabilities:cpu_info:features": "<all-in> aes sgx"}, False),
        ({"capabilities:vcpus": ">= 8"}, True),
        ({"capabilities:vcpus": ">= 9"}, False),
        ({"capabilities:no_such": "1"}, False),
        ({"capabilities:cpu_info:model:deeper": "1"}, False),
        ({"no_such": "1"}, True),
        ({"hypervisor_type": "Xen"}, False),
        ({"gpu": "s== big"}, True),
        ({"hw:cpu_policy": "dedicated"}, True),
        ({"hw:maxphysaddr_bits": "40"}, True),
        ({"hw:maxphysaddr_bits": "46"}, False),
    ],
)
def test_compute_capabilities(extra_specs: dict[str, str], passes: bool) -> None:
    state = host(
        hypervisor_type="QEMU",
        cpu_info={"model": "Skylake", "features": ["aes", "vmx"], "maxphysaddr": {"bits": 40}},
        stats={"gpu": "big"},
    )
    found = outcome("ComputeCapabilitiesFilter", state, request(extra_specs=extra_specs))
    assert (found is None) is passes


@pytest.mark.parametrize(
    ("image", "options", "passes"),
    [
        ({}, {}, True),
        ({"hw_architecture": "x86_64"}, {}, True),
        ({"hw_architecture": "aarch64"}, {}, False),
        ({"img_hv_type": "kvm", "hw_vm_mode": "hvm"}, {}, True),
        ({"img_hv_type": "xen"}, {}, False),
        ({"img_hv_requested_version": ">=7.0, <8"}, {}, True),
        ({"img_hv_requested_version": ">=8.0"}, {}, False),
        ({"hw_maxphysaddr_bits": "42"}, {}, False),
        ({}, {"default_architecture": "x86_64"}, True),
        ({}, {"default_architecture": "ppc64"}, False),
    ],
)
def test_image_properties(image: dict[str, str], options: dict[str, Any], passes: bool) -> None:
    state = host(
        supported_instances=[["i686", "kvm", "hvm"], ["x86_64", "kvm", "hvm"]],
        hypervisor_version=7002022,
        cpu_info={"maxphysaddr": {"bits": 40}},
    )
    found = outcome("ImagePropertiesFilter", state, request(image=image), **options)
    assert (found is None) is passes


def test_versions() -> None:
    assert satisfies(7002022, "==7.2.22")
    assert satisfies(7002022, "!=7.2.21,>7.2")
    assert not satisfies(7002022, "<7.2")
    assert not satisfies(7002022, "about 7")


@pytest.mark.parametrize(
    ("extra_specs", "image", "passes"),
    [
        ({"trait:HW_CPU_X86_AVX": "required"}, {}, True),
        ({"trait:HW_CPU_X86_SGX": "required"}, {}, False),
        ({"trait:HW_CPU_X86_AVX": "forbidden"}, {}, False),
        ({"trait:HW_CPU_X86_SGX": "forbidden"}, {}, True),
        ({}, {"trait:HW_CPU_X86_SGX": "required"}, False),
    ],
)
def test_traits(extra_specs: dict[str, str], image: dict[str, str], passes: bool) -> None:
    what = request(extra_specs=extra_specs, image=image)
    assert (outcome("TraitsFilter", host(traits=["HW_CPU_X86_AVX"]), what) is None) is passes


@pytest.mark.parametrize(
    ("metadata", "image", "passes"),
    [
        ([{"os_type": "windows,linux"}], {"os_type": "linux"}, True),
        ([{"os_type": "windows"}], {"os_type": "linux"}, False),
        ([{"os_type": "windows"}, {"os_type": "linux"}], {"os_type": "linux"}, True),
        ([{"os_type": "windows"}], {"os_distro": "debian"}, True),
        ([], {"os_type": "linux"}, True),
    ],
)
def test_aggregate_image_properties(
    metadata: list[dict[str, str]], image: dict[str, str], passes: bool
) -> None:
    name = "AggregateImagePropertiesIsolation"
    assert (outcome(name, host(aggregates=metadata), request(image=image)) is None) is passes


def test_aggregate_image_properties_of_a_namespace_only() -> None:
    state = host(aggregates=[{"os_type": "windows"}])
    what = request(image={"os_type": "linux"})
    name = "AggregateImagePropertiesIsolation"
    assert outcome(name, state, what, isolation_namespace="filter") is None


@pytest.mark.parametrize(
    ("extra_specs", "metadata", "passes"),
    [
        ({}, [], True),
        ({"ssd": "true"}, [], False),
        ({"ssd": "true"}, [{"ssd": "true"}], True),
        ({"aggregate_instance_extra_specs:ssd": "true"}, [{"ssd": "false"}], False),
        ({"aggregate_instance_extra_specs:tier": ">= 2"}, [{"tier": "3"}], True),
        ({"hw:cpu_policy": "shared"}, [], True),
    ],
)
def test_aggregate_extra_specs(
    extra_specs: dict[str, str], metadata: list[dict[str, str]], passes: bool
) -> None:
    name = "AggregateInstanceExtraSpecsFilter"
    what = request(extra_specs=extra_specs)
    assert (outcome(name, host(aggregates=metadata), what) is None) is passes


@pytest.mark.parametrize(
    ("metadata", "passes"),
    [
        ([], True),
        ([{"filter_tenant_id": "p"}], True),
        ([{"filter_tenant_id": "q"}], False),
        ([{"filter_tenant_id": "q", "filter_tenant_id2": "r, p"}], True),
    ],
)
def test_aggregate_multi_tenancy(metadata: list[dict[str, str]], passes: bool) -> None:
    name = "AggregateMultiTenancyIsolation"
    assert (outcome(name, host(aggregates=metadata), request()) is None) is passes


@pytest.mark.parametrize(
    ("metadata", "passes"),
    [([], True), ([{"instance_type": "big, small"}], True), ([{"instance_type": "big"}], False)],
)
def test_aggregate_type_affinity(metadata: list[dict[str, str]], passes: bool) -> None:
    name = "AggregateTypeAffinityFilter"
    assert (outcome(name, host(aggregates=metadata), request()) is None) is passes


def test_same_and_different_host() -> None:
    where = {"a": "host1", "b": "host2"}
    for hint, servers, passes in (
        ("different_host", ["a"], False),
        ("different_host", ["b"], True),
        ("different_host", ["unknown"], True),
        ("same_host", ["a", "b"], True),
        ("same_host", ["b"], False),
        ("same_host", ["unknown"], False),
    ):
        name = "SameHostFilter" if hint == "same_host" else "DifferentHostFilter"
        found = outcome(name, host(), request(where, hints={hint: servers}))
        assert (found is None) is passes, (hint, servers)


@pytest.mark.parametrize(
    ("hints", "passes"),
    [
        ({}, True),
        ({"build_near_host_ip": ["10.0.0.9"]}, True),
        ({"build_near_host_ip": ["10.0.1.9"]}, False),
        ({"build_near_host_ip": ["10.0.1.9"], "cidr": ["/16"]}, True),
        ({"build_near_host_ip": ["nonsense"]}, False),
    ],
)
def test_simple_cidr_affinity(hints: dict[str, list[str]], passes: bool) -> None:
    found = outcome("SimpleCIDRAffinityFilter", host(host_ip="10.0.0.1"), request(hints=hints))
    assert (found is None) is passes


def group(policy: str, **rules: int) -> InstanceGroup:
    return InstanceGroup("g", "p", "u", "mine", policy, rules, ["me", "a", "b", "c"])


def test_anti_affinity() -> None:
    name = "ServerGroupAntiAffinityFilter"
    where = {"a": "host1", "b": "host2", "c": "host2"}
    assert outcome(name, host("host3"), request(where, group("anti-affinity"))) is None
    found = outcome(name, host("host2"), request(where, group("anti-affinity")))
    assert found is not None and "has 2 members of group mine, at most 1" in found
    more = group("anti-affinity", max_server_per_host=2)
    assert outcome(name, host("host1"), request(where, more)) is None
    assert outcome(name, host("host2"), request(where, more)) is not None
    assert outcome(name, host("host2"), request(where, group("affinity"))) is None
    there = request({**where, "me": "host2"}, group("anti-affinity"))
    assert outcome(name, host("host2"), there) is None


def test_affinity() -> None:
    name = "ServerGroupAffinityFilter"
    assert outcome(name, host(), request({}, group("affinity"))) is None
    assert outcome(name, host(), request({"a": "host1"}, group("affinity"))) is None
    assert outcome(name, host(), request({"a": "host2"}, group("affinity"))) is not None
    assert outcome(name, host(), request({"a": "host2"}, group("anti-affinity"))) is None


@pytest.mark.parametrize(
    ("kind", "member", "key"),
    [
        ("IoOps", "num_io_ops", "max_io_ops_per_host"),
        ("NumInstances", "num_instances", "max_instances_per_host"),
    ],
)
def test_numbers_per_host(kind: str, member: str, key: str) -> None:
    options = {key: 5}
    for count, passes in ((4, True), (5, False)):
        assert (
            outcome(f"{kind}Filter", host(**{member: count}), request(), **options) is None
        ) is passes
    aggregates = [{key: "9"}, {key: "3"}, {key: "none"}]
    name = f"Aggregate{kind}Filter"
    for count, passes in ((2, True), (3, False)):
        state = host(aggregates=aggregates, **{member: count})
        assert (outcome(name, state, request(), **options) is None) is passes


@pytest.mark.parametrize(
    ("image", "name", "restrict", "passes"),
    [
        ("isolated", "apart", True, True),
        ("isolated", "host1", True, False),
        ("image", "apart", True, False),
        ("image", "apart", False, True),
        ("image", "host1", True, True),
    ],
)
def test_isolated_hosts(image: str, name: str, restrict: bool, passes: bool) -> None:
    found = outcome(
        "IsolatedHostsFilter",
        host(name),
        request(image=None) if image == "image" else isolated(),
        isolated_hosts=frozenset({"apart"}),
        isolated_images=frozenset({"isolated"}),
        restrict_isolated_hosts=restrict,
    )
    assert (found is None) is passes


def isolated() -> Request:
    what = request()
    what.spec.image.id = "isolated"
    return what


@pytest.mark.parametrize(
    ("query", "passes"),
    [
        ([">=", "$free_ram_mb", 8192], True),
        ([">", "$free_ram_mb", 8192], False),
        (["and", ["<", "$num_instances", 5], ["=", "$host", "host1"]], True),
        (["or", ["=", "$host", "x"], ["in", "$host", "host1", "host2"]], True),
        (["not", ["=", "$host", "host1"]], False),
        (["=", "$cpu_info.model", "Skylake"], True),
        (["=", "$no_such", 1], False),
        (["nonsense", 1, 2], False),
        ([], True),
    ],
)
def test_json(query: list[Any], passes: bool) -> None:
    what = request(hints={"query": [json.dumps(query)]})
    assert (outcome("JsonFilter", host(cpu_info={"model": "Skylake"}), what) is None) is passes


def test_json_that_is_none() -> None:
    found = outcome("JsonFilter", host(), request(hints={"query": ["{"]}))
    assert found is not None and "cannot be evaluated" in found


def test_metrics() -> None:
    state = host(stats={"metrics": {"cpu.percent": 3}})
    assert outcome("MetricsFilter", state, request()) is None
    assert outcome("MetricsFilter", state, request(), metrics={"cpu.percent": 1.0}) is None
    found = outcome("MetricsFilter", state, request(), metrics={"power": 1.0})
    assert found == "does not report power"


@pytest.mark.parametrize(
    ("node", "lacks"),
    [
        ({}, []),
        ({"vcpus": 1, "cpu_allocation_ratio": 16.0}, ["vcpus"]),
        ({"vcpus_used": 7}, ["vcpus"]),
        ({"vcpus_used": 7, "cpu_allocation_ratio": 2.0}, []),
        ({"memory_mb_used": 7169}, ["memory"]),
        ({"memory_mb_used": 7168}, []),
        ({"reserved_memory_mb": 7169}, ["memory"]),
        ({"local_gb": 9, "memory_mb": 100}, ["memory", "disk"]),
        ({"local_gb_used": 91, "disk_allocation_ratio": 1.5}, []),
    ],
)
def test_resources(node: dict[str, Any], lacks: list[str]) -> None:
    each = KNOWN["ResourceFilter"](Options())
    found = each.refusal(host(**node), request())
    assert (each.lacks(found) if found else []) == lacks


def test_a_server_on_a_volume_takes_no_root_disk() -> None:
    name = "ResourceFilter"
    assert outcome(name, host(local_gb=0), request()) is not None
    assert outcome(name, host(local_gb=0), request(is_bfv=True)) is None


@pytest.mark.parametrize(
    ("value", "requirement", "expected"),
    [
        (4, "4", True),
        (4, "= 3", True),
        (4, "= 5", False),
        (4, "== 4", True),
        (4, "!= 4", False),
        (4, "<= 4", True),
        ("abc", ">= 4", False),
        ("b", "s> a", True),
        ("b", "s<= a", False),
        ("abc", "<in> bc", True),
        (["a", "b"], "<in> b", True),
        (["a", "b"], "<in> ab", False),
        ("b", "<or> a <or> b", True),
        ("c", "<or> a <or> b", False),
        (["a", "b"], "<all-in> a b", True),
        (5, "<all-in> a", False),
        ("", "", True),
    ],
)
def test_operators(value: Any, requirement: str, expected: bool) -> None:
    assert matches(value, requirement) is expected
