"""See tests/functional/network/test_network_extras.py: what is special to databases."""

import pytest

from tests.functional.network.test_network_extras import (
    dhcp_agent,
    test_a_network_shared_with_one_project,
    test_a_network_without_dhcp_agent_has_no_dhcp,
    test_a_security_group_shared_with_one_project,
    test_a_topology_by_one_request,
    test_address_groups,
    test_address_scopes,
    test_addresses_that_ports_make_themselves,
    test_agents,
    test_an_agent_that_is_heard_of_no_more,
    test_extra_dhcp_options,
    test_how_many_addresses_are_in_use,
    test_provider_attributes_are_the_administrators,
    test_ranges_out_of_a_pool,
    test_tags_of_others,
    test_the_default_pool,
)

pytestmark = pytest.mark.integration

__all__ = [
    "dhcp_agent",
    "test_a_network_shared_with_one_project",
    "test_a_network_without_dhcp_agent_has_no_dhcp",
    "test_a_security_group_shared_with_one_project",
    "test_a_topology_by_one_request",
    "test_address_groups",
    "test_address_scopes",
    "test_addresses_that_ports_make_themselves",
    "test_agents",
    "test_an_agent_that_is_heard_of_no_more",
    "test_extra_dhcp_options",
    "test_how_many_addresses_are_in_use",
    "test_provider_attributes_are_the_administrators",
    "test_ranges_out_of_a_pool",
    "test_tags_of_others",
    "test_the_default_pool",
]
