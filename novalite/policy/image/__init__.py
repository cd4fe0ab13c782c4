"""The image service's rules, one module per resource."""

from novalite.policy.image import (
    cache,
    image_data,
    image_locations,
    image_members,
    images,
    info,
    metadefs,
    tasks,
)

RULES = [
    rule
    for module in (
        images,
        image_data,
        image_locations,
        image_members,
        tasks,
        cache,
        info,
        metadefs,
    )
    for rule in module.RULES
]
