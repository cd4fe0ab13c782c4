"""Arithmetic on prefixes, addresses made of MAC addresses, and what names may be."""

import ipaddress

import pytest

from novalite.exception import InvalidInput
from novalite.network.embedded import dns, prefixes
from novalite.network.embedded.addresses import eui64
from novalite.network.embedded.port_bodies import options_of


def ranges(*texts: str) -> list[prefixes.Range]:
    return [ipaddress.ip_network(text) for text in texts]


def test_prefixes_are_put_together() -> None:
    assert prefixes.merged(["10.0.1.0/24", "10.0.0.0/24", "10.0.0.5/32"]) == ranges("10.0.0.0/23")
    with pytest.raises(InvalidInput):
        prefixes.merged(["10.0.0.0/8", "2001:db8::/32"])


@pytest.mark.parametrize(
    "pool, taken, length, found",
    [
        (["10.0.0.0/22"], [], 24, "10.0.0.0/24"),
        (["10.0.0.0/22"], ["10.0.0.0/24"], 24, "10.0.1.0/24"),
        (["10.0.0.0/22"], ["10.0.0.0/25"], 24, "10.0.1.0/24"),
        (["10.0.0.0/22"], ["10.0.0.128/25", "10.0.2.0/24"], 24, "10.0.1.0/24"),
        (["10.0.0.0/22"], ["10.0.0.0/24"], 23, "10.0.2.0/23"),
        (["10.0.0.0/22"], ["10.0.3.0/24", "10.0.0.0/23"], 24, "10.0.2.0/24"),
        (["10.0.0.0/22"], ["10.0.0.0/22"], 24, None),
        (["10.0.0.0/24"], [], 23, None),
        (["10.0.0.0/16", "192.168.0.0/24"], [], 24, "192.168.0.0/24"),
        (["2001:db8::/48"], ["2001:db8::/64"], 64, "2001:db8:0:1::/64"),
    ],
)
def test_the_next_free_range(
    pool: list[str], taken: list[str], length: int, found: str | None
) -> None:
    answer = prefixes.free(ranges(*pool), ranges(*taken), length)
    assert answer == (ipaddress.ip_network(found) if found else None)


def test_what_remains_without_a_prefix() -> None:
    left = prefixes.without(ranges("10.0.0.0/23"), ranges("10.0.0.0/24"))
    assert left == ranges("10.0.1.0/24")
    assert prefixes.without(ranges("10.0.0.0/24"), ranges("10.0.0.0/16")) == []
    assert prefixes.without(ranges("10.0.0.0/24"), ranges("2001:db8::/32")) == ranges("10.0.0.0/24")


def test_units_of_quota() -> None:
    (four,), (six,), (small,) = ranges("10.0.0.0/24"), ranges("2001:db8::/56"), ranges("::/80")
    assert (prefixes.units(four), prefixes.units(six), prefixes.units(small)) == (256, 256, 1)


def test_addresses_made_of_mac_addresses() -> None:
    assert eui64("2001:db8::/64", "00:16:3e:33:44:55") == "2001:db8::216:3eff:fe33:4455"


@pytest.mark.parametrize("text", ["example.org.", "a.b-c.example.", "", None])
def test_good_domains(text: str | None) -> None:
    assert dns.domain(text) == (text or "")


@pytest.mark.parametrize("text", ["example.org", ".", "a..b.", "-a.b.", "a_b.c.", "a" * 64 + ".b."])
def test_bad_domains(text: str) -> None:
    with pytest.raises(InvalidInput):
        dns.domain(text)


def test_options_of_a_port() -> None:
    held = options_of((), [{"opt_name": "mtu", "opt_value": 1400}, {"opt_name": "x"}])
    assert held == [{"opt_name": "mtu", "opt_value": "1400", "ip_version": 4}]
    six = {"opt_name": "mtu", "opt_value": "1", "ip_version": 6}
    assert options_of(held, [six]) == [*held, six]
    assert options_of(held, [{"opt_name": "mtu", "opt_value": None}]) == []
    for bad in ({"opt_name": " ", "opt_value": "1"}, {"opt_name": "a", "opt_value": "b\nc"}):
        with pytest.raises(InvalidInput):
            options_of((), [bad])
