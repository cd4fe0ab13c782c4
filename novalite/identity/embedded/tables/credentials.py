"""What a user may log in with beside a password."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Table, UniqueConstraint

from novalite.db.embedded import metadata
from novalite.db.types import MYSQL_OPTIONS, Json, string, text

application_credentials = Table(
    "identity_application_credentials",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("user_id", string(64), nullable=False),
    Column("project_id", string(64), nullable=False, index=True),
    Column("name", string(255), nullable=False),
    Column("description", text()),
    Column("secret_hash", string(255), nullable=False),
    Column("unrestricted", Boolean, nullable=False),
    Column("restricted_to_rules", Boolean, nullable=False),  # access rules were given
    Column("expires_at", BigInteger),
    UniqueConstraint("user_id", "name"),
    **MYSQL_OPTIONS,
)

application_credential_roles = Table(
    "identity_application_credential_roles",
    metadata,
    Column(
        "application_credential_id",
        string(64),
        ForeignKey("identity_application_credentials.id"),
        primary_key=True,
    ),
    Column("role_id", string(64), primary_key=True),
    **MYSQL_OPTIONS,
)

access_rules = Table(
    "identity_access_rules",
    metadata,
    Column("id", string(64), primary_key=True),
    Column("user_id", string(64), nullable=False),
    Column("service", string(64), nullable=False),
    Column("path", string(128), nullable=False),
    Column("method", string(16), nullable=False),
    UniqueConstraint("user_id", "service", "path", "method"),
    **MYSQL_OPTIONS,
)

application_credential_access_rules = Table(
    "identity_application_credential_access_rules",
    metadata,
    Column("application_credential_id", string(64), primary_key=True),
    Column("access_rule_id", string(64), ForeignKey("identity_access_rules.id"), primary_key=True),
    **MYSQL_OPTIONS,
)

credentials = Table(
    "identity_credentials",
    metadata,
    Column("id", string(64), primary_key=True),  # of type ec2: SHA-256 of the access key
    Column("user_id", string(64), nullable=False, index=True),
    Column("project_id", string(64), index=True),
    Column("type", string(255), nullable=False),
    Column("encrypted_blob", text(), nullable=False),
    Column("extra", Json()),
    **MYSQL_OPTIONS,
)
