"""What a router translates, lets through and advertises, as a function of the records."""

import dataclasses

from novalite.network.embedded import snapshot_routers
from novalite.network.embedded.plane import adverts, announce, router_rules
from novalite.network.embedded.plane.dhcp_files import Place, domain_of, names, options
from novalite.network.embedded.plane.names import Names, inner_name
from novalite.network.embedded.plane.state import (
    NetworkState,
    PortState,
    PrefixState,
    RouterPortState,
    RouterState,
)

NET = "11111111-2222-3333-4444-555555555555"
IN, OUT = "aaaaaaaa-1111-0000-0000-000000000000", "bbbbbbbb-1111-0000-0000-000000000000"
ROUTER = RouterState(
    "r",
    (
        RouterPortState(IN, NET, "fa:16:3e:00:00:01", 1450, ("10.0.0.1/24", "2001:db8::1/64")),
        RouterPortState(OUT, "ext", "fa:16:3e:00:00:02", 1500, ("172.24.4.9/24",), gateway=True),
    ),
    next_hops=("172.24.4.1",),
    floating=(("172.24.4.10", "10.0.0.5"),),
)


def rules(router: RouterState, chain: str) -> list[str]:
    (table,) = router_rules.render(router)
    return table.chains[chain].rules


def test_floating_addresses_go_both_ways():
    (table,) = router_rules.render(ROUTER)
    assert table.collections["inside_of"].elements == {"172.24.4.10": "10.0.0.5"}
    assert table.collections["outside_of"].elements == {"10.0.0.5": "172.24.4.10"}
    assert router_rules.addresses_of(ROUTER) == {
        IN: {"10.0.0.1/24", "2001:db8::1/64"},
        OUT: {"172.24.4.9/24", "172.24.4.10/32"},
    }


def test_the_rest_leaves_under_the_gateways_address():
    assert "oifname @gateways meta nfproto ipv4 snat ip to 172.24.4.9" in rules(ROUTER, "leaving")
    plain = dataclasses.replace(ROUTER, snat=False)
    assert not any("oifname @gateways" in each for each in rules(plain, "leaving"))
    assert any("iifname @gateways" in each for each in rules(ROUTER, "passing"))
    assert not any("iifname @gateways" in each for each in rules(plain, "passing"))


def test_without_a_gateway_nothing_is_translated():
    inner = dataclasses.replace(ROUTER, ports=ROUTER.ports[:1], floating=(), next_hops=())
    assert not any("snat ip to 1" in each for each in rules(inner, "leaving"))
    assert router_rules.default_routes(inner) == []
    assert router_rules.default_routes(ROUTER) == [("0.0.0.0/0", "172.24.4.1")]


def test_changing_a_floating_address_changes_elements_only():
    more = dataclasses.replace(ROUTER, floating=(*ROUTER.floating, ("172.24.4.11", "10.0.0.6")))
    (before,), (after,) = router_rules.render(ROUTER), router_rules.render(more)
    assert before.chains == after.chains


def test_advertisements_say_how_to_get_an_address():
    prefixes = tuple(
        PrefixState(IN, f"2001:db8:{n}::/64", mode, ("2001:db8::53",))
        for n, mode in enumerate(("slaac", "dhcpv6-stateless", "dhcpv6-stateful"))
    )
    router = dataclasses.replace(ROUTER, prefixes=prefixes)
    lines = adverts.configuration(router, Place("/state/r", "", "nobody")).splitlines()
    device = inner_name(IN)
    assert lines.count(f"interface={device}") == 1
    assert f"ra-param={device},mtu:1450,0,1800" in lines
    assert "dhcp-range=set:prefix-0,2001:db8::,ra-only,64,infinite" in lines
    assert "dhcp-range=set:prefix-1,2001:db8:1::,ra-stateless,64,infinite" in lines
    assert "dhcp-range=set:prefix-2,2001:db8:2::,static,64,infinite" in lines
    assert "dhcp-option=tag:prefix-0,option6:dns-server,[2001:db8::53]" in lines


def test_realms_are_what_routers_join():
    def foot(network: str, *, gateway: bool = False) -> RouterPortState:
        return RouterPortState(f"p{network}", network, "m", 1500, gateway=gateway)

    joined = snapshot_routers.realms(
        [
            RouterState("1", (foot("c"), foot("b"), foot("ext", gateway=True))),
            RouterState("2", (foot("d"), foot("e"), foot("ext", gateway=True))),
            RouterState("3", (foot("b"), foot("a"))),
            RouterState("4", (foot("alone"),)),
        ]
    )
    assert joined == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "d"}


def test_names_fit_the_kernel_and_are_told_apart():
    known = Names("nvl")
    devices = [known.bridge(NET), known.cable(NET), known.router_cable(IN), known.tunnel(NET),
               inner_name(IN)]  # fmt: skip
    assert len(set(devices)) == len(devices)
    assert max(map(len, devices)) < 16
    assert known.is_bridge(devices[0])
    assert not any(known.is_bridge(each) for each in devices[1:])
    assert known.is_tunnel(devices[3])
    assert not any(known.is_tunnel(each) for each in [*devices[:3], devices[4]])
    assert known.is_router(known.router(NET))
    assert not known.is_router(known.netns(NET))
    assert not known.is_netns(known.router(NET))
    assert not Names("nvx").is_router(known.router(NET))


def test_an_announcement_is_an_arp_request_for_oneself():
    frame = announce.gratuitous_arp("fa:16:3e:00:00:05", "10.0.0.5")
    assert frame[:6] == b"\xff" * 6
    assert frame[12:14] == b"\x08\x06"
    assert frame[28:32] == frame[38:42] == bytes([10, 0, 0, 5])
    assert len(frame) >= 60


def port(*given: tuple[str, str, int], **values) -> PortState:
    return PortState("id", NET, "fa:16:3e:00:00:05", ("10.0.0.5",), options=given, **values)


def test_options_of_ports_are_one_line_each():
    text = options(
        [port(("mtu", "1400", 4), ("67", "boot.img", 4), ("dns-server", "2001:db8::1", 6))]
    )
    assert text.splitlines() == [
        "tag:port-id,option:mtu,1400",
        "tag:port-id,67,boot.img",
        "tag:port-id,option6:dns-server,2001:db8::1",
    ]


def test_options_that_would_be_more_than_that_are_left_out():
    evil = [
        ("mtu", "1\ndhcp-script=/x", 4),
        ("mtu,1\nx", "1", 4),
        ("a b", "1", 4),
        ("mtu\n", "1", 4),
    ]
    assert options([port(*evil)]) == ""


def test_names_have_the_networks_domain():
    network = NetworkState(NET, 1500, 1, False, dns_domain="shop.example.")
    assert domain_of(network, "novalocal") == "shop.example"
    assert domain_of(dataclasses.replace(network, dns_domain=""), "novalocal") == "novalocal"
    for text in ("x\nserver=1.2.3.4", "x\n"):
        evil = dataclasses.replace(network, dns_domain=text)
        assert domain_of(evil, "novalocal") == "novalocal"
    assert names([port(hostname="web")], "shop.example") == "10.0.0.5 web.shop.example web\n"
    assert names([port(hostname="x\n")], "") == "10.0.0.5 host-10-0-0-5\n"
    assert names([port()], "") == "10.0.0.5 host-10-0-0-5\n"
