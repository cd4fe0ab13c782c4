"""Records in JSON columns: the fast way gives what the plain way gives."""

import datetime
import json

import pytest

from novalite.objects import (
    VIF,
    BuildRequest,
    FixedIP,
    Subnet,
    from_json,
    from_primitive,
    to_json,
    to_primitive,
)
from tests.support import db

VALUES = [
    None,
    True,
    0,
    1.5,
    'tëxt \n "',
    [],
    {},
    {"a": [1, {"b": None}]},
    db.NOW,
    b"\x00\xff",
    [db.NOW, {"when": db.NOW}],
    db.flavor(extra_specs={"k": "v"}),
    VIF("p", "fa", "n", "l", [Subnet("s", "10.0.0.0/24", ips=[FixedIP("10.0.0.1")])]),
    BuildRequest("u", "p", db.instance(metadata={"k": "v"}, launched_at=db.NOW), created_at=db.NOW),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_both_ways_agree(value):
    text = to_json(value)
    assert json.loads(text) == to_primitive(value)
    assert from_json(text) == from_primitive(json.loads(text)) == value


def test_sets_and_tuples_become_lists():
    assert from_json(to_json({"a": (1, 2), "b": {3}})) == {"a": [1, 2], "b": [3]}


def test_unknown_members_are_dropped_and_missing_ones_take_their_default():
    members = to_primitive(FixedIP("10.0.0.1", 6))
    members["colour"] = "red"
    del members["version"]
    assert from_json(json.dumps(members)) == from_primitive(members) == FixedIP("10.0.0.1", 4)


def test_what_cannot_travel_is_refused():
    for value in (object(), {"a": datetime.date(2026, 1, 1)}):
        with pytest.raises(TypeError, match="cannot travel"):
            to_json(value)
