"""A database of the first release becomes one of this release; and keys are changed while it is
in use."""

import sqlalchemy as sa

from novalite.cmd import manage
from novalite.db import sync
from novalite.db.embedded import metadata
from novalite.identity.embedded import key_rotation, queries
from tests.support.identity_api import Api, admin_of

OLD_ROLES = """CREATE TABLE identity_roles (id VARCHAR(64) NOT NULL, name VARCHAR(255) NOT NULL,
description TEXT, CONSTRAINT pk_identity_roles PRIMARY KEY (id),
CONSTRAINT uq_identity_roles_name UNIQUE (name))"""
OLD_IMPLIED = """CREATE TABLE identity_implied_roles (prior_role_id VARCHAR(64) NOT NULL,
implied_role_id VARCHAR(64) NOT NULL,
CONSTRAINT pk_identity_implied_roles PRIMARY KEY (prior_role_id, implied_role_id),
CONSTRAINT fk_identity_implied_roles_prior_role_id FOREIGN KEY(prior_role_id)
REFERENCES identity_roles (id),
CONSTRAINT fk_identity_implied_roles_implied_role_id FOREIGN KEY(implied_role_id)
REFERENCES identity_roles (id))"""
OLD_ASSIGNMENTS = """CREATE TABLE identity_assignments (user_id VARCHAR(64) NOT NULL,
target_kind VARCHAR(16) NOT NULL, target_id VARCHAR(64) NOT NULL, role_id VARCHAR(64) NOT NULL,
CONSTRAINT pk_identity_assignments PRIMARY KEY (user_id, target_kind, target_id, role_id),
CONSTRAINT fk_identity_assignments_role_id FOREIGN KEY(role_id) REFERENCES identity_roles (id))"""
NEW_COLUMNS = {
    "identity_domains": ("extra", "options"),
    "identity_projects": ("parent_id", "extra", "options"),
    "identity_users": ("extra", "options"),
    "identity_services": ("extra",),
    "identity_endpoints": ("extra",),
}


def make_old(database):
    """Back to the first release's shape, with what is in it."""
    with database.write() as conn:
        roles = [(r["id"], r["name"]) for r in queries.roles.list_(conn)]
        implied = conn.execute(sa.select(metadata.tables["identity_implied_roles"])).all()
        columns = "actor_id, target_kind, target_id, role_id"
        grants = conn.exec_driver_sql(f"SELECT {columns} FROM identity_grants").all()
        for name in ("identity_implied_roles", "identity_grants", "identity_roles"):
            conn.exec_driver_sql(f"DROP TABLE {name}")
        for statement in (OLD_ROLES, OLD_IMPLIED, OLD_ASSIGNMENTS):
            conn.exec_driver_sql(statement)
        for table, rows in (("roles (id, name)", roles), ("implied_roles", implied),
                            ("assignments", grants)):  # fmt: skip
            for row in rows:
                values = ", ".join(f"'{value}'" for value in row)
                conn.exec_driver_sql(f"INSERT INTO identity_{table} VALUES ({values})")
        for table, names in NEW_COLUMNS.items():
            for name in names:
                conn.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {name}")
        conn.exec_driver_sql("UPDATE embedded_version SET version_num = '0001'")
    return roles


def test_from_the_first_release(cloud):
    roles = make_old(cloud.database)
    url = cloud.database.url.render_as_string(hide_password=False)
    for _ in range(2):
        sync.sync_embedded(url)
    cloud.database.dispose()
    cloud.service.forget()
    admin = admin_of(cloud)
    assert {(r["id"], r["name"]) for r in admin.get("roles")["roles"]} == set(roles)
    demo = cloud.login("demo", {"project": {"name": "demo", "domain": {"id": "default"}}})
    assert [role["name"] for role in demo.json["token"]["roles"]] == ["member", "reader"]
    domain = admin.make("domain", name="d")
    admin.make("role", name="member", domain_id=domain["id"])
    admin.post("roles", {"role": {"name": "member"}}, 409)
    with cloud.database.read() as conn:
        inspector = sa.inspect(conn)
        assert not inspector.has_table("identity_assignments")
        for name in ("identity_roles", "identity_users", "identity_projects", "identity_grants"):
            found = {column["name"] for column in inspector.get_columns(name)}
            assert found == set(metadata.tables[name].c.keys())


def keys_of(cloud):
    demo = Api(cloud, cloud.token("demo"))
    info = cloud.service.validate(demo.token)
    path = f"users/{info.user_id}/credentials/OS-EC2"
    made = demo.post(path, {"tenant_id": info.project_id})["credential"]
    return demo, f"{path}/{made['access']}", made


def test_secrets_are_encrypted_anew(cloud):
    demo, path, made = keys_of(cloud)
    conf = cloud.deployment.conf
    for _ in range(4):  # more often than old keys are kept
        assert key_rotation.rotate_credential_keys(conf, cloud.database) == 1
    assert demo.get(path)["credential"] == made  # by a key that the service has not seen yet


def test_rotation_by_command(cloud, tmp_path, capsys):
    """The command, on the files and the database of a running service."""
    demo, path, made = keys_of(cloud)
    config = tmp_path / "rotate.conf"
    url = cloud.database.url.render_as_string(hide_password=False)
    config.write_text(f"[DEFAULT]\nstate_path = {tmp_path}\n[embedded]\nconnection = {url}\n")
    before = sorted((tmp_path / "keys").glob("[0-9]*"))
    for action in ("rotate_token_keys", "rotate_credential_keys"):
        assert manage.main(["--config-file", str(config), "identity", action]) == 0
    assert "1 secrets" in capsys.readouterr().out
    assert sorted((tmp_path / "keys").glob("[0-9]*")) != before
    for keys in (cloud.service.keys, cloud.service.credential_keys):
        keys.reload()
    cloud.service.forget()
    assert demo.get(path)["credential"] == made  # token and secret of the old keys
    assert Api(cloud, cloud.token("demo")).get(path)["credential"] == made
