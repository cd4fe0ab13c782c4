"""Arithmetic on address pools."""

import pytest

from novalite.exception import InvalidInput
from novalite.network.embedded import addresses
from novalite.network.embedded.addresses import default_pools, subnet_for, usable, windows


@pytest.mark.parametrize(
    ("cidr", "gateway", "expected"),
    [
        ("10.0.0.0/24", "10.0.0.1", [("10.0.0.2", "10.0.0.254")]),
        ("10.0.0.0/24", None, [("10.0.0.1", "10.0.0.254")]),
        ("10.0.0.0/24", "10.0.0.254", [("10.0.0.1", "10.0.0.253")]),
        ("10.0.0.0/29", "10.0.0.3", [("10.0.0.1", "10.0.0.2"), ("10.0.0.4", "10.0.0.6")]),
        ("10.0.0.0/30", "10.0.0.1", [("10.0.0.2", "10.0.0.2")]),
        ("10.0.0.0/31", None, [("10.0.0.0", "10.0.0.1")]),
        ("10.0.0.7/32", None, [("10.0.0.7", "10.0.0.7")]),
        ("2001:db8::/126", "2001:db8::1", [("2001:db8::2", "2001:db8::3")]),
    ],
)
def test_default_pools(cidr, gateway, expected):
    found = [(pool["start"], pool["end"]) for pool in default_pools(cidr, gateway)]
    assert found == expected


@pytest.mark.parametrize("start", [0, 10, 15, 19, 25, 30, 99])
def test_windows_hold_every_address_once(start):
    pools = [(10, 19), (30, 49)]
    seen = [number for window in windows(pools, start) for number in window]
    assert sorted(seen) == [*range(10, 20), *range(30, 50)]
    after = [number for number in sorted(seen) if number > start]
    assert seen[0] == (after[0] if after else 10)


def test_windows_grow():
    sizes = [len(window) for window in windows([(0, 9999)], 0)]
    assert sizes[:4] == [8, 64, 512, 4096]
    assert sum(sizes) == 10000


def test_a_window_of_a_huge_range_is_small():
    first = next(windows([(2**64, 2**65)], 0))
    assert first == [2**64 + number for number in range(8)]


SUBNETS = [
    {"id": "four", "cidr": "10.0.0.0/24"},
    {"id": "six", "cidr": "2001:db8::/64"},
]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"subnet_id": "six"}, "six"),
        ({"ip_address": "10.0.0.9"}, "four"),
        ({"ip_address": "2001:db8::9"}, "six"),
        ({"ip_address": "10.0.0.9", "subnet_id": "four"}, "four"),
    ],
)
def test_the_subnet_that_is_meant(item, expected):
    assert subnet_for("net", SUBNETS, item)["id"] == expected


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"subnet_id": "none"},
        {"ip_address": "nonsense"},
        {"ip_address": "10.0.1.9"},
        {"ip_address": "10.0.0.0"},
        {"ip_address": "10.0.0.255"},
        {"ip_address": "10.0.0.9", "subnet_id": "six"},
    ],
)
def test_no_subnet_is_meant(item):
    with pytest.raises(InvalidInput):
        subnet_for("net", SUBNETS, item)


def test_usable():
    assert usable({"cidr": "10.0.0.0/31"}, addresses.parse("10.0.0.0"))
    assert not usable({"cidr": "2001:db8::/64"}, addresses.parse("2001:db8::"))
    assert usable({"cidr": "2001:db8::/64"}, addresses.parse("2001:db8::ffff:ffff:ffff:ffff"))
