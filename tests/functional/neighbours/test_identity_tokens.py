"""Log-in, validation and revocation through the REST API."""

import os
import stat

import pytest

from novalite import exception
from novalite.identity.embedded import queries
from novalite.identity.embedded.bootstrap import bootstrap, read_credentials
from novalite.identity.embedded.service import IdentityService

DEMO = {"project": {"name": "demo", "domain": {"name": "Default"}}}


def test_version_documents_are_public(cloud):
    answer = cloud.request("GET", "/")
    assert answer.status_int == 300
    (version,) = answer.json["versions"]["values"]
    assert version["id"].startswith("v3.")
    assert cloud.request("GET", "/v3/").json["version"] == version
    assert version["links"][0]["href"].endswith("/v3/")


def test_project_scope_by_name(cloud):
    answer = cloud.login("demo", DEMO)
    assert answer.status_int == 201
    token = answer.json["token"]
    assert token["project"]["name"] == "demo"
    assert token["user"] == {
        "id": token["user"]["id"],
        "name": "demo",
        "domain": {"id": "default", "name": "Default"},
        "password_expires_at": None,
    }
    assert [role["name"] for role in token["roles"]] == ["member", "reader"]
    assert {entry["type"] for entry in token["catalog"]} == {
        "identity",
        "compute",
        "image",
        "network",
        "block-storage",
        "volumev3",
    }
    assert token["methods"] == ["password"]
    by_id = cloud.login("demo", {"project": {"id": token["project"]["id"]}})
    assert by_id.json["token"]["project"] == token["project"]


def test_scopes(cloud):
    unscoped = cloud.login("demo").json["token"]
    assert not {"project", "domain", "system", "roles", "catalog"} & set(unscoped)
    system = cloud.login("admin", {"system": {"all": True}}).json["token"]
    assert system["system"] == {"all": True}
    assert "admin" in [role["name"] for role in system["roles"]]
    assert cloud.login("demo", {"system": {"all": True}}).status_int == 401
    assert cloud.login("demo", {"domain": {"id": "default"}}).status_int == 401
    admin = cloud.token("admin")
    roles = cloud.request("GET", "/v3/roles?name=reader", token=admin).json["roles"]
    demo_id = cloud.login("demo").json["token"]["user"]["id"]
    path = f"/v3/domains/default/users/{demo_id}/roles/{roles[0]['id']}"
    assert cloud.request("PUT", path, token=admin).status_int == 204
    domain = cloud.login("demo", {"domain": {"name": "Default"}}).json["token"]
    assert domain["domain"] == {"id": "default", "name": "Default"}


def test_a_project_without_role_is_like_one_that_is_not_there(cloud):
    other = cloud.login("demo", {"project": {"name": "admin", "domain": {"id": "default"}}})
    absent = cloud.login("demo", {"project": {"name": "nix", "domain": {"id": "default"}}})
    assert other.status_int == absent.status_int == 401
    assert other.body == absent.body


def test_unknown_user_and_wrong_password_answer_the_same(cloud):
    wrong = cloud.login("demo", password="wrong")
    unknown = cloud.login("nobody", password="wrong")
    assert wrong.status_int == unknown.status_int == 401
    assert wrong.json == unknown.json
    assert wrong.json["error"]["code"] == 401
    assert wrong.json["error"]["title"] == "Unauthorized"
    assert wrong.headers["WWW-Authenticate"].startswith("Keystone uri=")


def test_unknown_user_costs_as_much_as_a_wrong_password(cloud, monkeypatch):
    """Counted in hashes, which are all of the time; not in seconds."""
    from novalite.identity.embedded import passwords

    hashed = []
    real = passwords._digest
    monkeypatch.setattr(passwords, "_digest", lambda *args: hashed.append(args[2:]) or real(*args))
    cloud.login("demo", password="wrong")
    cloud.login("nobody", password="wrong")
    assert len(hashed) == 2
    assert hashed[0] == hashed[1]


def test_malformed_requests(cloud):
    def post(auth):
        return cloud.request("POST", "/v3/auth/tokens", {"auth": auth}).status_int

    assert post({}) == 400
    assert post({"identity": {"methods": []}}) == 400
    assert post({"identity": {"methods": ["password"]}}) == 400
    user = {"name": "demo", "password": "x"}
    assert post({"identity": {"methods": ["password"], "password": {"user": user}}}) == 400
    assert post({"identity": {"methods": ["saml2"]}}) == 401
    good = {"name": "demo", "domain": {"id": "default"}, "password": cloud.passwords["demo"]}
    identity = {"methods": ["password"], "password": {"user": good}}
    assert post({"identity": identity, "scope": {"project": {"name": "demo"}}}) == 400
    assert post({"identity": identity, "scope": {"project": {}, "domain": {}}}) == 400
    assert post({"identity": identity, "scope": "unscoped"}) == 201


def test_token_method_keeps_expiry_and_audit_chain(cloud):
    first = cloud.login("demo")
    token = first.headers["X-Subject-Token"]
    cloud.clock.ahead += 60
    identity = {"methods": ["token"], "token": {"id": token}}
    answer = cloud.request(
        "POST", "/v3/auth/tokens", {"auth": {"identity": identity, "scope": DEMO}}
    )
    assert answer.status_int == 201
    body = answer.json["token"]
    assert body["expires_at"] == first.json["token"]["expires_at"]
    assert body["issued_at"] > first.json["token"]["issued_at"]
    assert body["methods"] == ["password", "token"]
    assert body["audit_ids"][1] == first.json["token"]["audit_ids"][0]


def test_show_and_check_a_token(cloud):
    admin, demo = cloud.token("admin"), cloud.token("demo")
    shown = cloud.request("GET", "/v3/auth/tokens", token=admin, X_Subject_Token=demo)
    assert shown.json["token"]["user"]["name"] == "demo"
    assert shown.headers["X-Subject-Token"] == demo
    small = cloud.request("GET", "/v3/auth/tokens?nocatalog", token=admin, X_Subject_Token=demo)
    assert "catalog" not in small.json["token"]
    head = cloud.request("HEAD", "/v3/auth/tokens", token=demo, X_Subject_Token=demo)
    assert (head.status_int, head.body) == (200, b"")
    foreign = cloud.request("GET", "/v3/auth/tokens", token=demo, X_Subject_Token=admin)
    assert foreign.status_int == 403
    nova = cloud.token("nova", "service")
    assert (
        cloud.request("GET", "/v3/auth/tokens", token=nova, X_Subject_Token=demo).status_int == 200
    )
    forged = cloud.request("GET", "/v3/auth/tokens", token=admin, X_Subject_Token="gAAAA")
    assert forged.status_int == 404
    anonymous = cloud.request("GET", "/v3/auth/tokens", X_Subject_Token=demo)
    assert anonymous.status_int == 401


def test_revoked_token_is_refused_at_once_and_after_a_restart(cloud):
    one, other = cloud.token("demo"), cloud.token("demo")
    cloud.service.validate(one)
    gone = cloud.request("DELETE", "/v3/auth/tokens", token=one, X_Subject_Token=one)
    assert gone.status_int == 204
    with pytest.raises(exception.Unauthorized):
        cloud.service.validate(one)
    assert cloud.service.validate(other).user_name == "demo"
    again = IdentityService(cloud.deployment.conf, cloud.database, cloud.clock)
    with pytest.raises(exception.Unauthorized):
        again.validate(one)
    assert again.validate(other).project_name == "demo"


def test_expired_token(cloud):
    token = cloud.token("demo")
    expires = cloud.service.validate(token).expires_at
    assert 0 < (expires - cloud.clock.now()).total_seconds() <= 14400
    cloud.clock.ahead += 14401
    with pytest.raises(exception.Unauthorized):
        cloud.service.validate(token)
    cloud.service.forget()
    with pytest.raises(exception.Unauthorized):
        cloud.service.validate(token)


def test_forged_tokens(cloud):
    token = cloud.token("demo")
    for bad in ("", "x", token[:-1], token[:-4] + "AAAA", token + "A", "ü", "gAAAAA" * 500):
        with pytest.raises(exception.Unauthorized):
            cloud.service.validate(bad)


def test_changes_are_seen_at_once(cloud):
    admin, demo = cloud.token("admin"), cloud.token("demo")
    info = cloud.service.validate(demo)
    user = f"/v3/users/{info.user_id}"
    project = f"/v3/projects/{info.project_id}"

    def change(path, noun, **values):
        answer = cloud.request("PATCH", path, {noun: values}, token=admin)
        assert answer.status_int == 200, answer.text

    change(user, "user", enabled=False)
    with pytest.raises(exception.Unauthorized):
        cloud.service.validate(demo)
    assert cloud.login("demo").status_int == 401
    change(user, "user", enabled=True)
    with pytest.raises(exception.Unauthorized):  # it does not come back to life
        cloud.service.validate(demo)
    demo = cloud.token("demo")
    change(project, "project", enabled=False)
    with pytest.raises(exception.Unauthorized):
        cloud.service.validate(demo)
    change(project, "project", enabled=True)
    demo = cloud.token("demo")
    change(user, "user", password="another")
    with pytest.raises(exception.Unauthorized):
        cloud.service.validate(demo)
    assert cloud.login("demo").status_int == 401
    assert cloud.login("demo", password="another").status_int == 201


def test_taken_roles_are_gone_at_once(cloud):
    admin, demo = cloud.token("admin"), cloud.token("demo")
    info = cloud.service.validate(demo)
    (member,) = cloud.request("GET", "/v3/roles?name=member", token=admin).json["roles"]
    path = f"/v3/projects/{info.project_id}/users/{info.user_id}/roles/{member['id']}"
    assert cloud.request("HEAD", path, token=admin).status_int == 204
    assert cloud.request("DELETE", path, token=admin).status_int == 204
    assert cloud.request("DELETE", path, token=admin).status_int == 404
    with pytest.raises(exception.Unauthorized):
        cloud.service.validate(demo)


def test_change_made_by_another_process_is_seen_soon(cloud):
    token = cloud.token("demo")
    info = cloud.service.validate(token)
    cloud.database.run(lambda conn: queries.users.update(conn, info.user_id, {"enabled": False}))
    cloud.clock.ahead += 6
    with pytest.raises(exception.Unauthorized):
        cloud.service.validate(token)


def test_validate_needs_neither_statement_nor_decryption_when_known(cloud, monkeypatch):
    token = cloud.token("demo")
    cloud.service.validate(token)
    monkeypatch.setattr("novalite.identity.embedded.tokens.unseal", None)
    with cloud.database.counting() as counter:
        for _ in range(100):
            cloud.service.validate(token)
    assert counter.count == 0


def test_a_caller_cannot_change_what_is_cached(cloud):
    token = cloud.token("demo")
    cloud.service.validate(token).roles.append("admin")
    assert "admin" not in cloud.service.validate(token).roles


def test_guessing_is_slowed_down(cloud):
    for _ in range(5):
        assert cloud.login("demo", password="guess").status_int == 401
    refused = cloud.login("demo")
    assert refused.status_int == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert cloud.login("admin").status_int == 201
    cloud.clock.ahead += 61
    assert cloud.login("demo").status_int == 201
    for _ in range(5):
        assert cloud.login("nobody", password="guess").status_int == 401
    assert cloud.login("nobody", password="guess").status_int == 429


def test_change_of_ones_own_password(cloud):
    user_id = cloud.login("demo").json["token"]["user"]["id"]
    path = f"/v3/users/{user_id}/password"

    def post(old, new):
        values = {"original_password": old, "password": new}
        return cloud.request("POST", path, {"user": values}).status_int

    assert post("wrong", "new") == 401
    assert post(cloud.passwords["demo"], "new") == 204
    assert cloud.login("demo", password="new").status_int == 201


def test_bootstrap_is_idempotent_and_keeps_secrets(cloud):
    conf = cloud.deployment.conf
    path = conf.embedded.credentials_file
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert set(cloud.passwords) == {"admin", "demo", "nova"}
    assert len(set(cloud.passwords.values())) == 3
    for name in os.listdir(conf.embedded.key_repository):
        mode = os.stat(os.path.join(conf.embedded.key_repository, name)).st_mode
        assert stat.S_IMODE(mode) == 0o600
    token = cloud.token("demo")
    conf.set_override("public_url", "http://cloud.example:1234", "embedded")
    again = IdentityService(conf, cloud.database, cloud.clock)
    bootstrap(conf, again)
    assert read_credentials(path) == cloud.passwords
    urls = {
        endpoint["url"]
        for service in again.validate(token).catalog
        for endpoint in service["endpoints"]
    }
    project_id = again.validate(token).project_id
    assert urls == {
        "http://cloud.example:1234/identity",
        "http://cloud.example:1234/v2.1",
        "http://cloud.example:1234/image",
        "http://cloud.example:1234/network",
        "http://cloud.example:1234/volume/v3",
        f"http://cloud.example:1234/volume/v3/{project_id}",
    }
    with cloud.database.read() as conn:
        assert len(queries.users.list_(conn)) == 3
        assert len(queries.endpoints.list_(conn)) == 18


def test_killed_between_file_and_database(conf, database):
    """The next start uses the passwords that the first one wrote."""
    from novalite.identity.embedded import bootstrap as module

    written = module._passwords(conf.embedded.credentials_file, module.USERS)
    bootstrap(conf, IdentityService(conf, database))
    assert read_credentials(conf.embedded.credentials_file) == written
