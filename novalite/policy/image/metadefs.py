"""Metadata definitions. Who does not see a namespace does not see what is in it."""

from novalite.policy import rules
from novalite.policy.image.base import READER, declare

_ADMIN = "rule:metadef_admin"
_MANY = "/v2/metadefs/namespaces"
_ONE = f"{_MANY}/{{namespace}}"
_TYPES = f"{_ONE}/resource_types"


def _contents(noun: str, plural: str, remove: str) -> list[tuple[str, ...]]:
    """The rules of what a namespace holds. ``remove``: how the service calls that."""
    many, one = f"{_ONE}/{plural}", f"{_ONE}/{plural}/{{name}}"
    return [
        (f"get_metadef_{plural}", READER, f"List metadata {plural}", f"GET {many}"),
        (f"get_metadef_{noun}", READER, f"Show a metadata {noun}", f"GET {one}"),
        (f"modify_metadef_{noun}", _ADMIN, f"Update a metadata {noun}", f"PUT {one}"),
        (f"{remove}_metadef_{noun}", _ADMIN, f"Delete a metadata {noun}", f"DELETE {one}"),
    ]


RULES = [
    rules.rule("metadef_admin", "role:admin", "An admin of metadata definitions", scopes=None),
    *declare(
        ("get_metadef_namespaces", READER, "List metadata namespaces", f"GET {_MANY}"),
        ("get_metadef_namespace", READER, "Show a metadata namespace", f"GET {_ONE}"),
        ("add_metadef_namespace", _ADMIN, "Create a metadata namespace", f"POST {_MANY}"),
        ("modify_metadef_namespace", _ADMIN, "Update a metadata namespace", f"PUT {_ONE}"),
        ("delete_metadef_namespace", _ADMIN, "Delete a metadata namespace", f"DELETE {_ONE}"),
        *_contents("object", "objects", "delete"),
        *_contents("property", "properties", "remove"),
        *_contents("tag", "tags", "delete"),
        (
            "delete_metadef_objects",
            _ADMIN,
            "Delete all metadata objects",
            f"DELETE {_ONE}/objects",
        ),
        (
            "remove_metadef_properties",
            _ADMIN,
            "Delete all metadata properties",
            f"DELETE {_ONE}/properties",
        ),
        ("delete_metadef_tags", _ADMIN, "Delete all metadata tags", f"DELETE {_ONE}/tags"),
        ("add_metadef_object", _ADMIN, "Create a metadata object", f"POST {_ONE}/objects"),
        ("add_metadef_property", _ADMIN, "Create a metadata property", f"POST {_ONE}/properties"),
        ("add_metadef_tag", _ADMIN, "Create a metadata tag", f"POST {_ONE}/tags/{{name}}"),
        ("add_metadef_tags", _ADMIN, "Create metadata tags", f"POST {_ONE}/tags"),
        (
            "list_metadef_resource_types",
            READER,
            "List resource types",
            "GET /v2/metadefs/resource_types",
        ),
        (
            "get_metadef_resource_type",
            READER,
            "List a namespace's resource types",
            f"GET {_TYPES}",
        ),
        (
            "add_metadef_resource_type_association",
            _ADMIN,
            "Associate a namespace with a resource type",
            f"POST {_TYPES}",
        ),
        (
            "remove_metadef_resource_type_association",
            _ADMIN,
            "Dissociate a namespace from a resource type",
            f"DELETE {_TYPES}/{{name}}",
        ),
    ),
]
