"""Those of tests/functional/volume/test_volume_api.py in which the database has a say."""

import pytest

from tests.functional.volume.test_volume_api import (
    test_a_multiattach_volume_is_in_use_until_the_last_server_lets_go,
    test_a_server_that_has_the_volume_freezes_and_merges_it,
    test_an_attachment_from_reservation_to_release,
    test_bad_lists,
    test_lists_cost_the_same_number_of_statements_however_long,
    test_lists_filter_sort_and_turn_pages,
    test_metadata,
    test_reset_force_delete_and_retype,
)

__all__ = [
    "test_a_multiattach_volume_is_in_use_until_the_last_server_lets_go",
    "test_a_server_that_has_the_volume_freezes_and_merges_it",
    "test_an_attachment_from_reservation_to_release",
    "test_bad_lists",
    "test_lists_cost_the_same_number_of_statements_however_long",
    "test_lists_filter_sort_and_turn_pages",
    "test_metadata",
    "test_reset_force_delete_and_retype",
]
pytestmark = pytest.mark.integration
