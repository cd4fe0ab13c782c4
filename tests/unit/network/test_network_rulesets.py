"""The packet filter as a function of the records."""

import dataclasses
import re

import pytest

from novalite.network.embedded.plane import connections, nft, ranges, rulesets
from novalite.network.embedded.plane.rule_match import matches
from novalite.network.embedded.plane.state import (
    NetworkState,
    PortState,
    RuleState,
    State,
    SubnetState,
)

NET, ISLAND = "11111111-0000-0000-0000-000000000000", "22222222-0000-0000-0000-000000000000"
WEB, SSH = "aaaaaaaa-0000-0000-0000-000000000000", "bbbbbbbb-0000-0000-0000-000000000000"
BRIDGES = {NET: "nvl11111111-00", ISLAND: "nvl22222222-00"}


def port(number: int, **values) -> PortState:
    defaults = {
        "id": f"{number:08x}-0000-0000-0000-000000000000",
        "network_id": NET,
        "mac": f"fa:16:3e:00:00:{number:02x}",
        "addresses": (f"10.77.0.{number}",),
        "groups": frozenset({WEB}),
    }
    return PortState(**{**defaults, **values})


def state(*ports: PortState, **groups: tuple[RuleState, ...]) -> State:
    subnet = SubnetState("s", "10.77.0.0/24", 4, "10.77.0.1", True)
    return State(
        networks={
            NET: NetworkState(NET, 1500, 0, True, (subnet,)),
            ISLAND: NetworkState(ISLAND, 1500, 7, False, (subnet,)),
        },
        ports={each.id: each for each in ports},
        groups={WEB: groups.get("web", ()), SSH: groups.get("ssh", ())},
    )


def render(of: State) -> tuple[nft.Table, nft.Table]:
    bridge, inet = rulesets.render(of, BRIDGES, "novalite")
    return bridge, inet


def elements(table: nft.Table, name: str) -> dict[str, str]:
    return table.collections[name].elements


# ---- the bridge table ----


def test_a_port_may_use_its_own_addresses_only():
    bridge, _ = render(state(port(5, addresses=("10.77.0.5", "2001:db8::5"))))
    tap = '"tap00000005-00"'
    assert set(elements(bridge, "guests")) == {tap}
    assert set(elements(bridge, "macs")) == {f"{tap} . fa:16:3e:00:00:05"}
    assert set(elements(bridge, "sources4")) == {f"{tap} . fa:16:3e:00:00:05 . 10.77.0.5"}
    assert set(elements(bridge, "sources6")) == {
        f"{tap} . fa:16:3e:00:00:05 . 2001:db8::5",
        f"{tap} . fa:16:3e:00:00:05 . fe80::f816:3eff:fe00:5",
    }


def test_address_pairs_add_and_never_overlap():
    pairs = (("fa:16:3e:00:00:05", "10.77.0.0/25"), ("fa:16:3e:aa:aa:aa", "10.9.0.1"))
    bridge, _ = render(state(port(5, pairs=pairs)))
    tap = '"tap00000005-00"'
    assert set(elements(bridge, "sources4")) == {
        f"{tap} . fa:16:3e:00:00:05 . 10.77.0.0/25",
        f"{tap} . fa:16:3e:aa:aa:aa . 10.9.0.1",
    }
    assert f"{tap} . fa:16:3e:aa:aa:aa" in elements(bridge, "macs")


def test_a_port_may_advertise_itself_only():
    of = state(
        port(5, addresses=("2001:db8::5",), pairs=(("fa:16:3e:00:00:05", "2001:db8:1::/48"),))
    )
    bridge, _ = render(of)
    assert not elements(bridge, "neighbours"), "nobody speaks IPv6 there"
    subnet = SubnetState("s6", "2001:db8::/64", 6, "2001:db8::1", True)
    six = dataclasses.replace(of.networks[NET], subnets=(subnet,))
    bridge, _ = render(dataclasses.replace(of, networks={**of.networks, NET: six}))
    [(device, verdict)] = elements(bridge, "neighbours").items()
    assert device == '"tap00000005-00"'
    assert sorted(bridge.chains[verdict.removeprefix("jump ")].rules) == [
        "@th,64,128 0x20010db8000000000000000000000005 return",
        "@th,64,128 0xfe80000000000000f8163efffe000005 return",
        "@th,64,48 0x20010db80001 return",
        "drop",
    ]


def test_without_port_security_nothing_is_checked():
    bridge, inet = render(state(port(5, secured=False, groups=frozenset())))
    for name in ("guests", "macs", "sources4", "sources6", "profiles"):
        assert not elements(bridge, name)
    assert elements(inet, "ingress4") == {'"nvl11111111-00" . 10.77.0.5': "accept"}


def test_a_port_that_is_down_is_blocked():
    bridge, _ = render(state(port(5), port(6, up=False)))
    assert set(elements(bridge, "blocked")) == {'"tap00000006-00"'}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["10.0.0.1", "10.0.0.1"], ["10.0.0.1"]),
        (["10.0.0.1", "10.0.0.0/24", "10.0.0.0/8"], ["10.0.0.0/8"]),
        (["0.0.0.0/0", "2001:db8::1", "::/0"], ["0.0.0.0/0", "::/0"]),
        (["10.0.0.7/32"], ["10.0.0.7"]),
    ],
)
def test_disjoint(given, expected):
    assert ranges.disjoint(given) == expected


# ---- the inet table ----


def test_ports_with_the_same_groups_share_a_profile():
    both = frozenset({WEB, SSH})
    bridge, inet = render(state(port(5), port(6), port(7, groups=both)))
    marks = elements(bridge, "profiles")
    assert marks['"tap00000005-00"'] == marks['"tap00000006-00"'] != marks['"tap00000007-00"']
    assert set(elements(inet, "ingress")) == set(marks.values())
    number = int(marks['"tap00000007-00"'], 16)
    assert inet.chains[f"profile_in_{number:08x}"].rules == [
        f"jump group_in_{WEB.replace('-', '')}",
        f"jump group_in_{SSH.replace('-', '')}",
        "counter drop",
    ]


def test_profiles_keep_their_numbers():
    one, two = frozenset({WEB}), frozenset({WEB, SSH})
    assert rulesets.number_profiles({one})[one] == rulesets.number_profiles({two, one})[one]
    assert 0 < rulesets.number_profiles({frozenset()})[frozenset()] < 2**31


def test_what_a_group_lets_in_and_out():
    rules = (
        RuleState("ingress", "IPv4", "tcp", 80, 81, "10.0.0.0/8"),
        RuleState("egress", "IPv6"),
    )
    _, inet = render(state(port(5), web=rules))
    name = WEB.replace("-", "")
    assert inet.chains[f"group_in_{name}"].rules == [
        "meta nfproto ipv4 ip saddr 10.0.0.0/8 tcp dport 80-81 accept"
    ]
    assert inet.chains[f"group_out_{name}"].rules == ["meta nfproto ipv6 goto leave"]


def test_members_of_a_remote_group_bridge_by_bridge():
    rules = (RuleState("ingress", "IPv4", remote_group=WEB),)
    _, inet = render(state(port(5), port(6, network_id=ISLAND), port(7), web=rules))
    name = f"members4_{WEB.replace('-', '')}"
    assert set(elements(inet, name)) == {
        '"nvl11111111-00" . 10.77.0.5',
        '"nvl22222222-00" . 10.77.0.6',
        '"nvl11111111-00" . 10.77.0.7',
    }
    assert inet.chains[f"group_in_{WEB.replace('-', '')}"].rules == [
        f"meta nfproto ipv4 oifname . ip saddr @{name} accept"
    ]


def test_a_remote_group_without_members_lets_nobody_in():
    rules = (RuleState("ingress", "IPv4", remote_group=SSH),)
    _, inet = render(state(port(5), web=rules))
    assert elements(inet, f"members4_{SSH.replace('-', '')}") == {}


def test_isolation_zones_and_translation():
    _, inet = render(state(port(5)))
    assert set(elements(inet, "bridges")) == {'"nvl11111111-00"', '"nvl22222222-00"'}
    assert set(elements(inet, "isolated")) == {'"nvl22222222-00"'}
    assert elements(inet, "zones") == {'"nvl22222222-00"': "7"}
    assert set(elements(inet, "translated")) == {"10.77.0.0/24"}


def test_an_own_address_comes_before_an_address_pair():
    shared = (("fa:16:3e:00:00:05", "10.77.0.6"),)
    groups = frozenset({SSH})
    bridge, inet = render(state(port(5, pairs=shared), port(6, groups=groups)))
    mark = int(elements(bridge, "profiles")['"tap00000006-00"'], 16)
    verdict = elements(inet, "ingress4")['"nvl11111111-00" . 10.77.0.6']
    assert verdict == f"jump profile_in_{mark:08x}"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (RuleState("ingress", "IPv4"), "meta nfproto ipv4"),
        (RuleState("ingress", "IPv4", "icmp"), "meta nfproto ipv4 meta l4proto 1"),
        (RuleState("ingress", "IPv4", "icmp", 8, 0), "meta nfproto ipv4 icmp type 8 icmp code 0"),
        (RuleState("ingress", "IPv4", "icmp", 8), "meta nfproto ipv4 icmp type 8"),
        (RuleState("ingress", "IPv6", "icmp", 128), "meta nfproto ipv6 icmpv6 type 128"),
        (RuleState("ingress", "IPv6", "ipv6-icmp"), "meta nfproto ipv6 meta l4proto 58"),
        (RuleState("egress", "IPv4", "udp", 53, 53, "192.0.2.0/24"),
         "meta nfproto ipv4 ip daddr 192.0.2.0/24 udp dport 53"),
        (RuleState("ingress", "IPv4", "6", 22, 22, "0.0.0.0/0"), "meta nfproto ipv4 tcp dport 22"),
        (RuleState("ingress", "IPv4", "vrrp"), "meta nfproto ipv4 meta l4proto 112"),
        (RuleState("egress", "IPv6", remote_group="g"),
         "meta nfproto ipv6 iifname . ip6 daddr @set6_g"),
    ],
)  # fmt: skip
def test_rules(rule, expected):
    assert matches(rule, lambda group, version: f"set{version}_{group}") == expected


# ---- changes ----


def test_no_change_is_no_transaction():
    assert nft.change(render(state(port(5))), render(state(port(5)))) == ""


def test_a_new_port_adds_elements_and_nothing_else():
    script = nft.change(render(state(port(5))), render(state(port(5), port(6))))
    assert script
    for line in script.splitlines():
        assert line.startswith("add element ")
        assert "tap00000006" in line or "10.77.0.6" in line
        assert "10.77.0.5" not in line


def test_a_port_that_goes_takes_its_profile_along():
    groups = frozenset({SSH})
    before = render(state(port(5), port(6, groups=groups)))
    script = nft.change(before, render(state(port(5)))).splitlines()
    verbs = [" ".join(line.split()[:2]) for line in script]
    assert set(verbs) == {"delete element", "flush chain", "delete chain"}
    # elements that jump to a chain are deleted before the chain
    assert verbs.index("delete chain") > max(
        number for number, verb in enumerate(verbs) if verb == "delete element"
    )


def test_a_changed_value_is_replaced():
    before = render(state(port(5)))
    after = render(state(port(5, groups=frozenset({SSH}))))
    lines = [line for line in nft.change(before, after).splitlines() if "bridge" in line]
    assert lines[0] == 'delete element bridge novalite profiles { "tap00000005-00" }'
    assert re.match(r'add element bridge novalite profiles \{ "tap00000005-00" : 0x', lines[1])


def test_the_whole_replaces_our_own_tables_only():
    script = nft.full(render(state(port(5))))
    tables = {line for line in script.splitlines() if " table " in line}
    assert tables == {
        f"{verb} table {family} novalite"
        for verb in ("add", "delete")
        for family in ("bridge", "inet")
    }


def test_long_lists_are_cut():
    many = nft.Table("inet", "t", {"s": nft.Collection("type mark", elements={})})
    full = nft.Table(
        "inet", "t", {"s": nft.Collection("type mark", elements={str(n): "" for n in range(450)})}
    )
    assert len(nft.change((many,), (full,)).splitlines()) == 3


# ---- connections that have to be forgotten ----


def test_connections_of_what_is_gone_or_may_less():
    ssh = RuleState("ingress", "IPv4", "tcp", 22, 22)
    old = state(port(5), port(6), web=(ssh,))
    assert connections.lost(old, old) == set()
    assert connections.lost(old, state(port(5), web=(ssh,))) == {(0, "10.77.0.6")}
    assert connections.lost(old, state(port(5), port(6))) == {(0, "10.77.0.5"), (0, "10.77.0.6")}
    wider = state(port(5), port(6), port(7), web=(ssh, RuleState("ingress", "IPv4")))
    assert connections.lost(old, wider) == set()
    moved = state(dataclasses.replace(port(5), addresses=("10.77.0.9",)), port(6), web=(ssh,))
    assert connections.lost(old, moved) == {(0, "10.77.0.5")}
