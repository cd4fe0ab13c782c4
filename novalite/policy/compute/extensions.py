"""The list of API extensions."""

from novalite.policy.rules import rule

RULES = [
    rule(
        "os_compute_api:extensions",
        "@",
        "List/show API extensions",
        ["GET /extensions", "GET /extensions/{alias}"],
    ),
]
