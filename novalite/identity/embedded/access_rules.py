"""Access rules: which requests an application credential may be used for."""

from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import queries, tables
from novalite.identity.embedded.core import Records
from novalite.identity.embedded.rows import Row, select

_PARTS = ("service", "path", "method")


class AccessRules(Records):
    resource = queries.access_rules

    def get_of(self, user_id: str, rule_id: str) -> Row:
        """Raises NotFound, also for another user's."""
        row = self.find(id=rule_id, user_id=user_id)
        if row is None:
            raise self.resource.not_found(rule_id)
        return row

    def leave(self, conn: Connection, row: Row) -> None:
        link = tables.application_credential_access_rules
        if select(conn, link, access_rule_id=row["id"]):
            raise exception.Forbidden(
                f"May not delete access rule {row['id']}: it is in use by an application "
                "credential."
            )


def ensure(conn: Connection, user_id: str, rules: list[Row]) -> list[Row]:
    """The rows of these rules, each ``{"id": ...}`` or service, path and method; made where they
    are missing. Raises NotFound for an id that is not the user's."""
    known = {row["id"]: row for row in queries.access_rules.list_(conn, user_id=user_id)}
    by_parts = {tuple(row[part] for part in _PARTS): row for row in known.values()}
    found: dict[str, Row] = {}
    for rule in rules:
        if "id" in rule and not set(_PARTS) & set(rule):
            if rule["id"] not in known:
                raise queries.access_rules.not_found(rule["id"])
            row = known[rule["id"]]
        else:
            parts = tuple(rule[part] for part in _PARTS)
            if parts not in by_parts:
                values = dict(zip(_PARTS, parts, strict=True))
                row = queries.access_rules.create(conn, {"user_id": user_id, **values})
                by_parts[parts] = row
            row = by_parts[parts]
        found[row["id"]] = row
    return list(found.values())
