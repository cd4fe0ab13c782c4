"""The decision: order, batches, forced and requested hosts, explanations."""

import random
from typing import Any

import pytest

from novalite import conf as configuration
from novalite.objects import Aggregate, ComputeNode, Flavor, ImageMeta, InstanceGroup, RequestSpec
from novalite.objects import Service as ServiceRecord
from novalite.scheduler import explanation, plugins
from novalite.scheduler.decision import Pipeline, consider, decide
from novalite.scheduler.host_state import HostState
from novalite.scheduler.options import Options
from novalite.scheduler.request import Request
from novalite.scheduler.weighers.base import Weigher


def host(name: str, **more: Any) -> HostState:
    members = {"is_up", "aggregates", "num_io_ops", "num_instances", "cell_uuid"}
    state = {key: more.pop(key) for key in list(more) if key in members}
    values = {"host": name, "hypervisor_hostname": f"node-{name}", "uuid": f"uuid-{name}"}
    sizes = {"vcpus": 8, "memory_mb": 8192, "local_gb": 100, "cpu_allocation_ratio": 1.0}
    state.setdefault("cell_uuid", "cell")
    return HostState(
        ComputeNode(**(values | sizes | more)),
        service=ServiceRecord("u", name, "nova-compute", "compute"),
        **state,
    )


def spec(uuid: str = "me", **more: Any) -> RequestSpec:
    values: dict[str, Any] = {"instance_uuid": uuid, "project_id": "p", "user_id": "u"}
    values |= {"flavor": Flavor("1", "small", 1024, 1, 1), "image": ImageMeta(id="image")}
    return RequestSpec(**(values | more))


def pipeline(**options: Any) -> Pipeline:
    conf = configuration.configuration()
    for name, value in options.items():
        conf.set_override(name, value, "filter_scheduler")
    return Pipeline(Options.from_conf(conf))


def names(hosts: list[HostState]) -> list[str]:
    return [each.host for each in hosts]


def choose(
    hosts: list[HostState], requests: list[Request], seed: int = 1, **options: Any
) -> list[str]:
    verdicts = decide(hosts, requests, pipeline(**options), random.Random(seed))
    return [verdict.ranked[0].host if verdict.ranked else "-" for verdict in verdicts]


def test_the_emptiest_host_goes_first() -> None:
    hosts = [host("a", memory_mb_used=4096), host("b"), host("c", memory_mb_used=2048)]
    [verdict] = decide(hosts, [Request(spec())], pipeline(), random.Random(1))
    assert names(verdict.ranked) == ["b", "c", "a"]
    assert verdict.weights == sorted(verdict.weights, reverse=True)


@pytest.mark.parametrize(
    ("member", "option", "first"),
    [
        ({"vcpus": 16}, "cpu_weight_multiplier", "b"),
        ({"local_gb": 500}, "disk_weight_multiplier", "b"),
        ({"memory_mb": 9000}, "ram_weight_multiplier", "b"),
        ({"num_io_ops": 3}, "io_ops_weight_multiplier", "a"),
        ({"num_instances": 3}, "num_instances_weight_multiplier", "b"),
        ({"stats": {"failed_builds": 1}}, "build_failure_weight_multiplier", "a"),
        ({"hypervisor_version": 9}, "hypervisor_version_weight_multiplier", "b"),
    ],
)
def test_weighers(member: dict[str, Any], option: str, first: str) -> None:
    """``b`` differs in one figure from ``a``."""
    options = {} if option != "num_instances_weight_multiplier" else {option: 1.0}
    assert choose([host("a"), host("b", **member)], [Request(spec())], **options) == [first]
    # Without the multiplier the figure does not count, and the first one stays first.
    silent = dict.fromkeys(Options.from_conf(configuration.configuration()).multipliers, 0.0)
    silent.pop("weight_multiplier")
    assert choose([host("b", **member), host("a")], [Request(spec())], **silent) == ["b"]
    assert choose([host("a"), host("b", **member)], [Request(spec())], **silent) == ["a"]


def test_every_weigher_has_its_option() -> None:
    conf = configuration.configuration()
    known = plugins.classes_in("novalite.scheduler.weighers", Weigher)
    assert len(known) == 11
    for name, cls in known.items():
        group = conf.metrics if name == "MetricsWeigher" else conf.filter_scheduler
        assert getattr(group, cls.option) == cls.default, name


def test_an_aggregate_overrides_a_multiplier() -> None:
    away = Aggregate(1, "u", "a", metadata={"ram_weight_multiplier": "-1.0"})
    worse = Aggregate(2, "v", "b", metadata={"ram_weight_multiplier": "5"})
    crowd = [
        host("full", memory_mb_used=6000),
        host("empty", aggregates=[away, worse]),
    ]
    only = ["RAMWeigher"]
    assert choose(crowd, [Request(spec())], weight_classes=only) == ["full"]


def test_metrics_weigh() -> None:
    conf = configuration.configuration()
    conf.set_override("weight_setting", ["power=-1.0"], "metrics")
    conf.set_override("weight_classes", ["MetricsWeigher"], "filter_scheduler")
    line = Pipeline(Options.from_conf(conf))
    hosts = [
        host("none"),
        host("hot", stats={"metrics": {"power": 300}}),
        host("cool", stats={"metrics": {"power": 100}}),
    ]
    [verdict] = decide(hosts, [Request(spec())], line, random.Random(1))
    assert names(verdict.ranked) == ["cool", "hot", "none"]


def test_image_properties_weigh() -> None:
    options = {"image_props_weight_multiplier": 1.0, "weight_classes": ["ImagePropertiesWeigher"]}
    hosts = [host("a"), host("b")]
    hosts[1].image_properties = {("os_type", "windows"): 3}
    what = spec(image=ImageMeta(id="i", properties={"os_type": "windows"}))
    assert choose(hosts, [Request(what)], **options) == ["b"]
    assert pipeline(**options).reads_images
    assert not pipeline().reads_images


def test_soft_policies() -> None:
    members = ["me", "x", "y"]
    where = {"x": "b", "y": "c"}
    for policy, first in (("soft-affinity", {"b", "c"}), ("soft-anti-affinity", {"a"})):
        group = InstanceGroup("g", "p", "u", "g", policy, {}, members)
        hosts = [host("a"), host("b"), host("c")]
        [chosen] = choose(hosts, [Request(spec(), group, dict(where))])
        assert chosen in first


def test_one_of_the_best_at_random() -> None:
    def first(seed: int, **options: Any) -> str:
        hosts = [host(name, memory_mb_used=used) for used, name in enumerate("abcd")]
        return choose(hosts, [Request(spec())], seed, **options)[0]

    assert {first(seed, host_subset_size=2) for seed in range(40)} == {"a", "b"}
    assert {first(seed) for seed in range(10)} == {"a"}


def test_equals_are_shuffled_when_wanted() -> None:
    for shuffle, expected in ((True, {"a", "b"}), (False, {"a"})):
        found = {
            choose(
                [host("a"), host("b"), host("c", memory_mb_used=9)],
                [Request(spec())],
                seed,
                shuffle_best_same_weighed_hosts=shuffle,
            )[0]
            for seed in range(40)
        }
        assert found == expected


def test_a_batch_sees_what_it_took_itself() -> None:
    hosts = [host("a", memory_mb=2048), host("b", memory_mb=1024)]
    requests = [Request(spec(f"s{n}")) for n in range(4)]
    assert sorted(choose(hosts, requests)) == ["-", "a", "a", "b"]


def test_a_batch_keeps_its_own_anti_affinity() -> None:
    members = [f"s{n}" for n in range(3)]
    group = InstanceGroup("g", "p", "u", "g", "anti-affinity", {}, members)
    where: dict[str, str] = {}
    requests = [Request(spec(name), group, where) for name in members]
    assert choose([host("a"), host("b")], requests) == ["a", "b", "-"]


def test_a_batch_keeps_together() -> None:
    members = [f"s{n}" for n in range(3)]
    group = InstanceGroup("g", "p", "u", "g", "affinity", {}, members)
    where: dict[str, str] = {}
    requests = [Request(spec(name), group, where) for name in members]
    assert choose([host("a", memory_mb=9000), host("b")], requests) == ["a", "a", "a"]


def test_forced_hosts_skip_the_filters_but_not_the_capacity() -> None:
    down = host("down", is_up=False)
    full = host("full", memory_mb_used=8000)
    fine = host("fine")
    forced = {"force_hosts": ["down"], "availability_zone": "nowhere"}
    assert choose([fine, down, full], [Request(spec(**forced))]) == ["down"]
    assert choose([fine, down, full], [Request(spec(force_hosts=["full"]))]) == ["-"]
    assert choose([fine, down, full], [Request(spec(force_nodes=["node-fine"]))]) == ["fine"]
    mixed = spec(force_hosts=["fine"], force_nodes=["node-down"])
    assert choose([fine, down, full], [Request(mixed)]) == ["-"]


def test_requested_hosts_are_filtered() -> None:
    down, fine = host("down", is_up=False), host("fine")
    assert choose([fine, down], [Request(spec(requested_host="down"))]) == ["-"]
    assert choose([fine, down], [Request(spec(requested_node="node-fine"))]) == ["fine"]


def test_hosts_that_failed_are_avoided() -> None:
    assert choose([host("a"), host("b")], [Request(spec(ignore_hosts=["a"]))]) == ["b"]
    assert choose([host("a")], [Request(spec(ignore_hosts=["a"]))]) == ["-"]


def test_what_has_a_claim_keeps_it_though_nothing_would_fit() -> None:
    full = host("full", memory_mb_used=8192)
    request = Request(spec(), placed="uuid-full")
    [verdict] = decide([host("fine"), full], [request], pipeline(), random.Random(1))
    assert names(verdict.ranked) == ["full", "fine"]
    assert full.memory_mb_used == 8192


def test_the_summary_counts_and_names_nobody() -> None:
    hosts = [
        host("secret1", is_up=False),
        host("secret2", memory_mb_used=8000, vcpus_used=8),
        host("secret3", memory_mb_used=8000),
    ]
    verdict = consider(hosts, Request(spec()), pipeline())
    text = explanation.summary(verdict)
    assert text == "ComputeFilter: 2 of 3 hosts left, ResourceFilter: 0 of 2 (memory 2, vcpus 1)"
    details = explanation.details(verdict)
    assert "secret1/node-secret1 is down" not in text
    assert "secret1/node-secret1" in details
    assert "memory: wants 1024 MiB, 192 of 8192 are free" in details


def test_a_long_summary_keeps_what_refused() -> None:
    what = spec(
        availability_zone="nova",
        flavor=Flavor("1", "f", 1024, 1, 1, extra_specs={"trait:A": "forbidden", "vcpus": ">= 1"}),
        image=ImageMeta(properties={"hw_architecture": "x86_64"}),
        scheduler_hints={"same_host": ["x"], "different_host": ["y"]},
    )
    node = host("a", supported_instances=[["x86_64", "kvm", "hvm"]])
    text = explanation.summary(consider([node] * 1000, Request(what), pipeline()))
    assert len(text) <= explanation.LONGEST
    assert "SameHostFilter: 0 of 1000" in text


def test_explanations_for_the_administrator() -> None:
    hosts = [host("a"), host("b", memory_mb_used=8000), host("c", memory_mb_used=100)]
    answer = explanation.as_dict(consider(hosts, Request(spec()), pipeline()))
    assert answer["hosts"]["b/node-b"]["filter"] == "ResourceFilter"
    assert answer["hosts"]["a/node-a"]["weight"] > answer["hosts"]["c/node-c"]["weight"]
    assert [f["left"] for f in answer["filters"]][-1] == 2


def test_capacity_is_looked_at_even_if_nobody_asked_for_it() -> None:
    line = pipeline(enabled_filters=["AllHostsFilter"])
    assert [type(each).__name__ for each in line.filters] == ["AllHostsFilter", "ResourceFilter"]
    verdict = consider([host("a", memory_mb_used=8000)], Request(spec()), line)
    assert verdict.ranked == []


def test_instances_are_counted_only_where_that_matters() -> None:
    assert pipeline().counts_instances
    assert not pipeline(io_ops_weight_multiplier=0.0).counts_instances
    filters = ["IoOpsFilter"]
    assert pipeline(io_ops_weight_multiplier=0.0, enabled_filters=filters).counts_instances
