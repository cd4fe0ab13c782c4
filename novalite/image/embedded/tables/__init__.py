"""The tables of the embedded image service, one module per noun.

Sizes in bytes, ``min_ram`` MiB, ``min_disk`` GiB, moments naive UTC.
"""

from novalite.image.embedded.tables.cached_images import cached_images
from novalite.image.embedded.tables.images import images, locations, members, properties, tags
from novalite.image.embedded.tables.metadefs import (
    metadef_namespaces,
    metadef_objects,
    metadef_properties,
    metadef_resource_types,
    metadef_tags,
    metadef_targets,
)
from novalite.image.embedded.tables.tasks import tasks

__all__ = [
    "cached_images",
    "images",
    "locations",
    "members",
    "metadef_namespaces",
    "metadef_objects",
    "metadef_properties",
    "metadef_resource_types",
    "metadef_tags",
    "metadef_targets",
    "properties",
    "tags",
    "tasks",
]
