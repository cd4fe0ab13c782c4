"""See tests/functional/neighbours: what depends on the database, on MariaDB and PostgreSQL."""

import pytest

from tests.functional.neighbours.test_image_admin import test_quotas as test_image_quotas
from tests.functional.neighbours.test_image_admin import test_tasks_in_pages, test_the_cache
from tests.functional.neighbours.test_image_imports import (
    admin,
    conf,
    demo,
    test_data_of_the_web,
    test_deleted_while_it_is_imported,
    test_killed_in_the_middle,
    test_staged_data_are_imported,
    test_stores,
    test_workers_on_their_threads,
    web,
)
from tests.functional.neighbours.test_image_metadefs import (
    test_contents,
    test_many_tags_at_once,
    test_namespaces,
    test_namespaces_in_pages,
    test_resource_types,
)
from tests.functional.neighbours.test_image_migration import (
    test_images_of_the_first_release_get_locations,
)

__all__ = [
    "admin",
    "conf",
    "demo",
    "test_contents",
    "test_data_of_the_web",
    "test_deleted_while_it_is_imported",
    "test_image_quotas",
    "test_images_of_the_first_release_get_locations",
    "test_killed_in_the_middle",
    "test_many_tags_at_once",
    "test_namespaces",
    "test_namespaces_in_pages",
    "test_resource_types",
    "test_staged_data_are_imported",
    "test_stores",
    "test_tasks_in_pages",
    "test_the_cache",
    "test_workers_on_their_threads",
    "web",
]

pytestmark = pytest.mark.integration
