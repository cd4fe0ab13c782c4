"""Users."""

from sqlalchemy import Connection

from novalite.identity.embedded import effective, queries
from novalite.identity.embedded.cleanup import forget_user
from novalite.identity.embedded.core import Core, Records, keep_domain, name_is_free
from novalite.identity.embedded.passwords import PasswordHasher
from novalite.identity.embedded.rows import ALL, Page, Row

DEFAULT_DOMAIN = "default"


class Users(Records):
    """``password`` among the values of a user is kept as a hash; it may be missing: such a user
    cannot log in by password."""

    resource = queries.users

    def __init__(self, core: Core, passwords: PasswordHasher) -> None:
        super().__init__(core)
        self._passwords = passwords

    def create(self, values: Row) -> Row:
        return super().create(self._hashed(values))

    def update(self, resource_id: str, changes: Row) -> Row:
        """A new password, and disabling, end the user's tokens."""
        return super().update(resource_id, self._hashed(changes))

    def groups_of(self, user_id: str, filters: Row, page: Page = ALL) -> list[Row]:
        with self.core.read() as conn:
            queries.users.get(conn, user_id)
            ids = effective.groups_of(conn, user_id)
            conditions = queries.groups.conditions({"id": ids, **filters})
            return queries.groups.page(conn, conditions, page)

    def new(self, conn: Connection, values: Row) -> Row:
        row = {
            "domain_id": DEFAULT_DOMAIN,
            "enabled": True,
            "password_hash": None,
            **values,
            "tokens_valid_after": 0,
        }
        queries.domains.get(conn, row["domain_id"])
        name_is_free(conn, queries.users, row)
        return row

    def changes(self, conn: Connection, row: Row, changes: Row) -> Row:
        keep_domain(row, changes)
        if changes.get("name", row["name"]) != row["name"]:
            name_is_free(conn, queries.users, {**row, **changes})
        if "password_hash" in changes or changes.get("enabled") is False:
            changes["tokens_valid_after"] = self.core.now()
        return super().changes(conn, row, changes)

    def leave(self, conn: Connection, row: Row) -> None:
        forget_user(conn, row["id"])

    def _hashed(self, values: Row) -> Row:
        """Done before the transaction: it takes its time."""
        made = dict(values)
        if "password" in made:
            password = made.pop("password")
            made["password_hash"] = None if password is None else self._passwords.hash(password)
        return made
