"""See tests/functional/network/test_network_routers.py: what is special to databases."""

import pytest

from tests.functional.network.test_network_routers import (
    inside,
    public,
    router,
    test_a_floating_address_loses_its_port,
    test_a_gateway,
    test_a_network_goes_with_its_idle_floating_addresses,
    test_all_ipv6_subnets_of_a_network_share_an_interface,
    test_an_interface_by_port,
    test_an_interface_by_subnet,
    test_extra_routes,
    test_only_an_administrator_switches_translation,
    test_quota_of_routers_and_floating_addresses,
    test_the_life_of_a_floating_address,
    test_the_life_of_a_router,
    test_what_is_no_gateway,
    test_which_of_several_addresses,
)

pytestmark = pytest.mark.integration

__all__ = [
    "inside",
    "public",
    "router",
    "test_a_floating_address_loses_its_port",
    "test_a_gateway",
    "test_a_network_goes_with_its_idle_floating_addresses",
    "test_all_ipv6_subnets_of_a_network_share_an_interface",
    "test_an_interface_by_port",
    "test_an_interface_by_subnet",
    "test_extra_routes",
    "test_only_an_administrator_switches_translation",
    "test_quota_of_routers_and_floating_addresses",
    "test_the_life_of_a_floating_address",
    "test_the_life_of_a_router",
    "test_what_is_no_gateway",
    "test_which_of_several_addresses",
]
