"""The rules that most resources have."""

from collections.abc import Iterable, Sequence

from oslo_policy import policy

from novalite.policy.network.base import ADMIN, MEMBER, READER
from novalite.policy.rules import rule

ROOT = "/v2.0"


def words(noun: str) -> str:
    """``security_group`` -> ``a security group``."""
    text = noun.replace("_", " ")
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def five(
    noun: str,
    path: str,
    *,
    read: str = READER,
    write: str = MEMBER,
    create: str | None = None,
    update: bool = True,
    actions: Sequence[str] = (),
) -> list[policy.RuleDefault]:
    """Show and list, create, update, delete. ``path``: of the collection, below /v2.0;
    ``actions``: what is an update as well."""
    many, one = f"{ROOT}/{path}", f"{ROOT}/{path}/{{id}}"
    found = [
        rule(f"create_{noun}", create or write, f"Create {words(noun)}", [f"POST {many}"]),
        rule(f"get_{noun}", read, f"Show and list {words(noun)}", [f"GET {many}", f"GET {one}"]),
        rule(f"delete_{noun}", write, f"Delete {words(noun)}", [f"DELETE {one}"]),
    ]
    if update:
        where = [f"PUT {one}", *(f"PUT {one}/{action}" for action in actions)]
        found.append(rule(f"update_{noun}", write, f"Update {words(noun)}", where))
    return found


_VERBS = {
    "create": ("Set {} of {} that is created", "POST {}"),
    "update": ("Change {} of {}", "PUT {}/{{id}}"),
    "get": ("See {} of {}", "GET {}/{{id}}"),
}


def attributes(
    verb: str, noun: str, path: str, names: Iterable[str], check: str = ADMIN
) -> list[policy.RuleDefault]:
    """A rule for each of these attributes; who passes has to pass ``{verb}_{noun}`` as well."""
    text, operation = _VERBS[verb]
    where = [operation.format(f"{ROOT}/{path}")]
    if verb == "get":
        where.append(f"GET {ROOT}/{path}")
    return [
        rule(
            f"{verb}_{noun}:{name}", check, text.format(name.split(":", 2)[-1], words(noun)), where
        )
        for name in names
    ]


def tags(noun: str, path: str, check: str = MEMBER) -> list[policy.RuleDefault]:
    """Of what the caller sees."""
    many = f"{ROOT}/{path}/{{id}}/tags"
    one = f"{many}/{{tag}}"
    of = f"the tags of {words(noun)}"
    return [
        rule(f"get_{noun}:tags", READER, f"Show {of}", [f"GET {many}", f"GET {one}"]),
        rule(f"create_{noun}:tags", check, f"Add to {of}", [f"POST {many}", f"PUT {one}"]),
        rule(f"update_{noun}:tags", check, f"Replace {of}", [f"PUT {many}"]),
        rule(f"delete_{noun}:tags", check, f"Delete {of}", [f"DELETE {many}", f"DELETE {one}"]),
    ]
