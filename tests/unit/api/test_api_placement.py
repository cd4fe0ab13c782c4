import pytest

from novalite import exception
from novalite.api.compute import placement
from novalite.api.compute.request import Destination


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, Destination(zone="default")),
        ("z", Destination(zone="z")),
        ("z:h", Destination(zone="z", force_host="h")),
        ("z:h:n", Destination(zone="z", force_host="h", force_node="n")),
        ("z::n", Destination(zone="z", force_node="n")),
        (":h", Destination(zone="default", force_host="h")),
    ],
)
def test_zone(text: str | None, expected: Destination) -> None:
    parsed = placement.parse_zone(text, "default")
    assert parsed == expected
    assert parsed.forced is bool(expected.force_host or expected.force_node)


def test_too_many_parts() -> None:
    with pytest.raises(exception.InvalidInput, match="availability_zone"):
        placement.parse_zone("a:b:c:d")
