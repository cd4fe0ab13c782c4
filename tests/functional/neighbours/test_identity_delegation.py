"""Log-ins that stand for less than their user: application credentials, trusts, EC2 keys, OAuth;
and those that need more than a password."""

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qsl, quote

import pytest

from novalite.identity.embedded import totp
from tests.support.identity_api import Api, admin_of, by_password, log_in, token_of


@pytest.fixture
def admin(cloud):
    return admin_of(cloud)


@pytest.fixture
def demo(cloud):
    """The demo user in his project; ``user_id`` and ``project_id`` beside."""
    api = Api(cloud, cloud.token("demo"))
    info = cloud.service.validate(api.token)
    api.user_id, api.project_id = info.user_id, info.project_id
    return api


def make(demo, code=201, **values):
    body = {"application_credential": {"name": "one", **values}}
    path = f"users/{demo.user_id}/application_credentials"
    answer = demo.post(path, body, code)
    return answer["application_credential"] if code == 201 else answer


def by_credential(made, **changes):
    spec = {"id": made["id"], "secret": made["secret"], **changes}
    return {"methods": ["application_credential"], "application_credential": spec}


# ---- application credentials ----


def test_application_credential(cloud, demo):
    made = make(demo, description="for CI")
    assert [role["name"] for role in made["roles"]] == ["member", "reader"]
    assert made["project_id"] == demo.project_id and made["expires_at"] is None
    answer = log_in(cloud, by_credential(made))
    token = answer.json["token"]
    assert token["project"]["id"] == demo.project_id
    assert token["methods"] == ["application_credential"]
    assert token["application_credential"] == {"id": made["id"], "name": "one", "restricted": True}
    path = f"users/{demo.user_id}/application_credentials"
    shown = demo.get(f"{path}/{made['id']}")["application_credential"]
    assert "secret" not in shown and "secret_hash" not in shown
    assert demo.get(f"{path}?name=one")["application_credentials"] == [shown]
    assert demo.get(f"{path}?name=two")["application_credentials"] == []
    by_name = {"name": "one", "user": {"id": demo.user_id}, "secret": made["secret"]}
    named = {"methods": ["application_credential"], "application_credential": by_name}
    assert log_in(cloud, named).status_int == 201
    assert log_in(cloud, by_credential(made, secret="wrong")).status_int == 401
    unknown = log_in(cloud, by_credential(made, id="nix"))
    assert unknown.json == log_in(cloud, by_credential(made, secret="wrong")).json
    make(demo, 409)
    demo.delete(f"{path}/{made['id']}")
    assert log_in(cloud, by_credential(made)).status_int == 401
    Api(cloud, token_of(answer)).get("auth/catalog", 401)


def test_application_credential_with_some_roles(cloud, demo, admin):
    made = make(demo, roles=[{"name": "reader"}], secret="s3cret")
    assert made["secret"] == "s3cret"
    token = log_in(cloud, by_credential(made)).json["token"]
    assert [role["name"] for role in token["roles"]] == ["reader"]
    make(demo, 400, name="more", roles=[{"name": "admin"}])
    member = admin.role("member")
    admin.delete(f"projects/{demo.project_id}/users/{demo.user_id}/roles/{member}")
    assert log_in(cloud, by_credential(made)).status_int == 401


def test_application_credential_expires(cloud, demo):
    until = cloud.clock.now().replace(microsecond=0).isoformat()
    make(demo, 400, expires_at=until)
    make(demo, 400, expires_at="soon")
    cloud.clock.ahead -= 60
    made = make(demo, expires_at=until)
    assert made["expires_at"] == until + ".000000"
    token = log_in(cloud, by_credential(made)).json["token"]
    assert token["expires_at"] == until + ".000000Z"
    cloud.clock.ahead += 120
    assert log_in(cloud, by_credential(made)).status_int == 401


def test_restricted_and_unrestricted(cloud, demo):
    for unrestricted, code in ((False, 403), (True, 201)):
        made = make(demo, name=str(unrestricted), unrestricted=unrestricted)
        other = Api(cloud, token_of(log_in(cloud, by_credential(made))))
        other.user_id = demo.user_id
        make(other, code, name=f"by {unrestricted}")
        ec2 = f"users/{demo.user_id}/credentials/OS-EC2"
        other.post(ec2, {"tenant_id": demo.project_id}, code)
        other.get(ec2, 200 if unrestricted else 403)
        other.get("credentials", 200 if unrestricted else 403)
        trust = {"trustor_user_id": demo.user_id, "trustee_user_id": demo.user_id,
                 "impersonation": True, "project_id": demo.project_id,
                 "roles": [{"name": "member"}]}  # fmt: skip
        other.post("OS-TRUST/trusts", {"trust": trust}, code)


def test_no_other_scope_by_an_application_credential(cloud, demo, admin):
    project = admin.make("project", name="p")
    admin.put(f"projects/{project['id']}/users/{demo.user_id}/roles/{admin.role('member')}")
    made = make(demo)
    other = {"project": {"id": project["id"]}}
    assert log_in(cloud, by_credential(made), other).status_int == 401
    assert log_in(cloud, by_credential(made), "unscoped").status_int == 401
    token = token_of(log_in(cloud, by_credential(made), {"project": {"id": demo.project_id}}))
    again = {"methods": ["token"], "token": {"id": token}}
    assert log_in(cloud, again, other).status_int == 401
    rescoped = log_in(cloud, again).json["token"]
    assert rescoped["application_credential"]["id"] == made["id"]
    assert rescoped["methods"] == ["application_credential", "token"]


def test_access_rules(cloud, demo):
    rules = [
        {"service": "image", "method": "GET", "path": "/v2/images"},
        {"service": "identity", "method": "GET", "path": "/v3/users/*"},
    ]
    made = make(demo, access_rules=rules)
    limited = Api(cloud, token_of(log_in(cloud, by_credential(made))))
    limited.get(f"users/{demo.user_id}")
    limited.get(f"users/{demo.user_id}/projects", 401)
    limited.get("auth/catalog", 401)
    assert cloud.request("GET", "/image/v2/images", token=limited.token).status_int == 200
    assert cloud.request("GET", "/image/v2/schemas/image", token=limited.token).status_int == 401
    assert cloud.request("POST", "/image/v2/images", {}, limited.token).status_int == 401
    known = demo.get(f"users/{demo.user_id}/access_rules")["access_rules"]
    assert {rule["path"] for rule in known} == {"/v2/images", "/v3/users/*"}
    known.sort(key=lambda rule: rule["service"], reverse=True)
    again = make(demo, name="two", access_rules=[{"id": known[0]["id"]}, rules[1]])
    assert {rule["id"] for rule in again["access_rules"]} == {rule["id"] for rule in known}
    path = f"users/{demo.user_id}/access_rules/{known[0]['id']}"
    assert demo.get(path)["access_rule"] == known[0]
    demo.delete(path, 403)
    for each in (made, again):
        demo.delete(f"users/{demo.user_id}/application_credentials/{each['id']}")
    demo.delete(path)
    demo.get(path, 404)
    make(demo, 404, name="three", access_rules=[{"id": "nix"}])
    make(demo, 400, name="three", access_rules=[{"service": "image"}])
    free = make(demo, name="four", access_rules=[])  # as if there were none: clients send that
    Api(cloud, token_of(log_in(cloud, by_credential(free)))).get("auth/catalog")


def test_foreign_application_credentials(cloud, demo, admin):
    made = make(demo)
    path = f"users/{demo.user_id}/application_credentials"
    assert admin.get(path)["application_credentials"][0]["id"] == made["id"]
    admin.post(path, {"application_credential": {"name": "x"}}, 403)
    user = admin.make("user", name="u", password="pw")
    other = Api(cloud, token_of(log_in(cloud, by_password("u", "pw"))))
    other.get(path, 403)
    other.delete(f"{path}/{made['id']}", 403)
    other.get(f"users/{user['id']}/application_credentials/{made['id']}", 404)
    admin.delete(f"{path}/{made['id']}")


# ---- trusts ----


@pytest.fixture
def trustee(admin, cloud):
    user = admin.make("user", name="trustee", password="pw")
    api = Api(cloud, token_of(log_in(cloud, by_password("trustee", "pw"))))
    api.user_id = user["id"]
    return api


def trust_of(demo, trustee, code=201, **values):
    body = {
        "trustor_user_id": demo.user_id,
        "trustee_user_id": trustee.user_id,
        "impersonation": False,
        "project_id": demo.project_id,
        "roles": [{"name": "reader"}],
        **values,
    }
    answer = demo.post("OS-TRUST/trusts", {"trust": body}, code)
    return answer["trust"] if code == 201 else answer


def by_trust(cloud, trust):
    scope = {"OS-TRUST:trust": {"id": trust["id"]}}
    return log_in(cloud, by_password("trustee", "pw"), scope)


def test_trust(cloud, demo, trustee):
    trust = trust_of(demo, trustee)
    token = by_trust(cloud, trust).json["token"]
    assert token["user"]["id"] == trustee.user_id
    assert token["project"]["id"] == demo.project_id
    assert [role["name"] for role in token["roles"]] == ["reader"]
    assert token["OS-TRUST:trust"] == {
        "id": trust["id"],
        "trustor_user": {"id": demo.user_id},
        "trustee_user": {"id": trustee.user_id},
        "impersonation": False,
    }
    assert demo.get(f"OS-TRUST/trusts?trustor_user_id={demo.user_id}")["trusts"]
    assert trustee.get(f"OS-TRUST/trusts?trustee_user_id={trustee.user_id}")["trusts"]
    assert trustee.get(f"OS-TRUST/trusts/{trust['id']}")["trust"] == trust
    assert len(trustee.get(f"OS-TRUST/trusts/{trust['id']}/roles")["roles"]) == 1
    trustee.delete(f"OS-TRUST/trusts/{trust['id']}", 403)
    live = Api(cloud, token_of(by_trust(cloud, trust)))
    live.get("auth/catalog")
    demo.delete(f"OS-TRUST/trusts/{trust['id']}")
    demo.get(f"OS-TRUST/trusts/{trust['id']}", 404)
    live.get("auth/catalog", 401)
    assert by_trust(cloud, trust).status_int == 401


def test_trust_with_impersonation_and_few_uses(cloud, demo, trustee):
    trust = trust_of(demo, trustee, impersonation=True, remaining_uses=2)
    answer = by_trust(cloud, trust)
    assert answer.json["token"]["user"]["id"] == demo.user_id
    again = {"methods": ["token"], "token": {"id": token_of(answer)}}
    assert log_in(cloud, again).status_int == 403
    assert demo.get(f"OS-TRUST/trusts/{trust['id']}")["trust"]["remaining_uses"] == 1
    assert by_trust(cloud, trust).status_int == 201
    assert by_trust(cloud, trust).status_int == 401


def test_trust_ends_with_what_it_stands_on(cloud, demo, trustee, admin):
    trust = trust_of(demo, trustee)
    live = Api(cloud, token_of(by_trust(cloud, trust)))
    grant = f"projects/{demo.project_id}/users/{demo.user_id}/roles/{admin.role('member')}"
    admin.delete(grant)
    live.get("auth/catalog", 401)
    admin.put(grant)
    live.get("auth/catalog")
    admin.patch(f"users/{demo.user_id}", {"user": {"enabled": False}})
    live.get("auth/catalog", 401)


def test_who_may_make_which_trust(cloud, demo, trustee, admin):
    trust_of(demo, trustee, 403, trustor_user_id=trustee.user_id)
    trust_of(demo, trustee, 403, roles=[{"name": "admin"}])
    trust_of(demo, trustee, 403, roles=[])
    trust_of(demo, trustee, 404, roles=[{"name": "nix"}])
    trust_of(demo, trustee, 404, trustee_user_id="nix")
    trust_of(demo, trustee, 400, expires_at="2001-01-01T00:00:00Z")
    trust_of(demo, trustee, 400, remaining_uses=0)
    trust = trust_of(demo, trustee)
    user = admin.make("user", name="third", password="pw")
    third = Api(cloud, token_of(log_in(cloud, by_password("third", "pw"))))
    third.get(f"OS-TRUST/trusts/{trust['id']}", 403)
    third.get(f"OS-TRUST/trusts?trustor_user_id={demo.user_id}", 403)
    scope = {"OS-TRUST:trust": {"id": trust["id"]}}
    assert log_in(cloud, by_password("third", "pw"), scope).status_int == 401
    assert user["id"]


def test_redelegation(cloud, demo, trustee, admin):
    third = Api(cloud, None)
    third.user_id = admin.make("user", name="third", password="pw")["id"]
    plain = trust_of(demo, trustee, impersonation=True)
    for trust, code in ((plain, 403), (trust_of(
        demo, trustee, impersonation=True, allow_redelegation=True, redelegation_count=1
    ), 201)):  # fmt: skip
        delegated = Api(cloud, token_of(by_trust(cloud, trust)))
        delegated.user_id, delegated.project_id = demo.user_id, demo.project_id
        made = trust_of(delegated, third, code, impersonation=True)
    trust_of(delegated, third, 403, impersonation=True, roles=[{"name": "member"}])
    assert (made["redelegated_trust_id"], made["redelegation_count"]) == (trust["id"], 0)
    scope = {"OS-TRUST:trust": {"id": made["id"]}}
    assert log_in(cloud, by_password("third", "pw"), scope).status_int == 201
    demo.delete(f"OS-TRUST/trusts/{trust['id']}")
    assert log_in(cloud, by_password("third", "pw"), scope).status_int == 401


# ---- EC2 ----


def sign_v2(secret, host="h:80", **params):
    params = {"SignatureVersion": "2", "SignatureMethod": "HmacSHA256", **params}
    query = "&".join(f"{k}={quote(params[k], safe='-_~')}" for k in sorted(params))
    text = "\n".join(("GET", host, "/", query))
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return {"host": host, "verb": "GET", "path": "/", "params": params,
            "signature": base64.b64encode(digest).decode()}  # fmt: skip


@pytest.fixture
def nova(cloud):
    return Api(cloud, cloud.token("nova", "service"))


def test_ec2_credentials(cloud, demo, nova):
    path = f"users/{demo.user_id}/credentials/OS-EC2"
    made = demo.post(path, {"tenant_id": demo.project_id})["credential"]
    assert demo.get(f"{path}/{made['access']}")["credential"] == made
    assert demo.get(path)["credentials"] == [made]
    signed = {"access": made["access"], **sign_v2(made["secret"], Action="X")}
    token = nova.post("ec2tokens", {"credentials": signed}, 200)["token"]
    assert token["user"]["id"] == demo.user_id
    assert token["project"]["id"] == demo.project_id
    assert token["methods"] == ["ec2credential"]
    assert [role["name"] for role in token["roles"]] == ["member", "reader"]
    nova.post("ec2tokens", {"ec2Credentials": signed}, 200)
    nova.post("ec2tokens", {"credentials": {**signed, "signature": "AAAA"}}, 401)
    nova.post("ec2tokens", {"credentials": {**signed, "access": "nix"}}, 401)
    nova.post("ec2tokens", {"credentials": {**signed, "access": "n" * 5000}}, 401)
    demo.post("ec2tokens", {"credentials": signed}, 403)
    Api(cloud, None).post("ec2tokens", {"credentials": signed}, 401)
    old = sign_v2(made["secret"], Timestamp="2001-01-01T00:00:00Z")
    nova.post("ec2tokens", {"credentials": {"access": made["access"], **old}}, 401)
    demo.delete(f"{path}/{made['access']}")
    demo.get(f"{path}/{made['access']}", 404)
    nova.post("ec2tokens", {"credentials": signed}, 401)


def test_s3_token(demo, nova):
    path = f"users/{demo.user_id}/credentials/OS-EC2"
    made = demo.post(path, {"tenant_id": demo.project_id})["credential"]
    text = b"GET\n\n\n0\n/bucket/object"
    digest = hmac.new(made["secret"].encode(), text, hashlib.sha1).digest()
    asked = {
        "access": made["access"],
        "signature": base64.b64encode(digest).decode(),
        "token": base64.urlsafe_b64encode(text).decode(),
    }
    assert nova.post("s3tokens", {"credentials": asked}, 200)["token"]["user"]["name"] == "demo"
    nova.post("s3tokens", {"credentials": {**asked, "token": "%"}}, 401)
    nova.post("s3tokens", {"credentials": {**asked, "signature": "x"}}, 401)


def test_keys_made_by_an_application_credential_are_worth_no_more(cloud, demo, nova, admin):
    made = make(demo, roles=[{"name": "reader"}], unrestricted=True)
    other = Api(cloud, token_of(log_in(cloud, by_credential(made))))
    path = f"users/{demo.user_id}/credentials/OS-EC2"
    keys = other.post(path, {"tenant_id": demo.project_id})["credential"]
    blob = {"access": "mine", "secret": "s", "app_cred_id": None}
    own = other.make("credential", user_id=demo.user_id, project_id=demo.project_id, type="ec2",
                     blob=json.dumps(blob))  # fmt: skip
    for access, secret in ((keys["access"], keys["secret"]), ("mine", "s")):
        signed = {"access": access, **sign_v2(secret)}
        token = nova.post("ec2tokens", {"credentials": signed}, 200)["token"]
        assert [role["name"] for role in token["roles"]] == ["reader"]
        assert token["application_credential"]["id"] == made["id"]
    freed = json.dumps({"access": "mine", "secret": "s"})
    demo.patch(f"credentials/{own['id']}", {"credential": {"blob": freed}}, 400)


def test_credentials(cloud, demo, admin):
    made = admin.make("credential", user_id=demo.user_id, type="cert", blob="secret text", note="n")
    assert demo.get("credentials")["credentials"] == [made]
    assert admin.get("credentials?type=cert")["credentials"] == [made]
    assert admin.get("credentials?type=x")["credentials"] == []
    path = f"credentials/{made['id']}"
    assert demo.patch(path, {"credential": {"blob": "new"}})["credential"]["blob"] == "new"
    demo.patch(path, {"credential": {"type": "other"}}, 400)
    with cloud.database.read() as conn:
        rows = conn.exec_driver_sql("SELECT encrypted_blob FROM identity_credentials").all()
    assert len(rows) == 1 and "new" not in rows[0][0] and rows[0][0].startswith("gAAAA")
    nova = Api(cloud, cloud.token("nova", "service"))
    assert len(nova.get("credentials")["credentials"]) == 1  # it is an admin, too
    admin.make("user", name="u", password="pw")
    other = Api(cloud, token_of(log_in(cloud, by_password("u", "pw"))))
    other.get(path, 403)
    other.get("credentials/nix", 403)
    body = {"user_id": demo.user_id, "type": "cert", "blob": "x"}
    other.post("credentials", {"credential": body}, 403)
    admin.post("credentials", {"credential": {**body, "type": "ec2"}}, 400)
    pair = {**body, "type": "ec2", "project_id": demo.project_id}
    admin.post("credentials", {"credential": {**pair, "blob": "no keys"}}, 400)
    pair["blob"] = json.dumps({"access": "a", "secret": "s"})
    admin.post("credentials", {"credential": pair})
    admin.post("credentials", {"credential": pair}, 409)
    demo.delete(path)
    demo.get(path, 403)


# ---- OAuth ----


def authorization(method, url, now, consumer, secret="", **more):
    """The Authorization header, written as RFC 5849 has it."""
    fields = {
        "oauth_consumer_key": consumer["id"],
        "oauth_nonce": "1",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(now),
        "oauth_version": "1.0",
        **more,
    }

    def escape(text):
        return quote(text, safe="~")

    pairs = "&".join(f"{k}={escape(v)}" for k, v in sorted(fields.items()))
    base = "&".join((method, escape(url), escape(pairs)))
    key = f"{consumer['secret']}&{secret}".encode()
    digest = hmac.new(key, base.encode(), hashlib.sha1).digest()
    fields["oauth_signature"] = base64.b64encode(digest).decode()
    return "OAuth " + ", ".join(f'{k}="{escape(v)}"' for k, v in fields.items())


def test_oauth(cloud, demo, admin):
    consumer = admin.make("consumer", "OS-OAUTH1/consumers", description="c")
    assert "secret" not in admin.get(f"OS-OAUTH1/consumers/{consumer['id']}")["consumer"]
    anyone = Api(cloud, None)
    root = "http://localhost/identity/v3"
    now = int(cloud.clock.now().timestamp())

    def pair(path, **more):
        extra = {k: v for k, v in more.items() if k.startswith("Requested")}
        fields = {k: v for k, v in more.items() if k not in extra}
        signed = authorization("POST", f"{root}/{path}", timestamp, consumer, **fields)
        answer = anyone.call("POST", path, None, code, Authorization=signed, **extra)
        return dict(parse_qsl(answer.text)) if code == 201 else None

    timestamp = cloud.service._core.now() // 1_000_000
    assert abs(timestamp - now) < 86400
    code, project = 201, {"Requested_Project_Id": demo.project_id}
    request = pair("OS-OAUTH1/request_token", oauth_callback="oob", **project)
    path = f"OS-OAUTH1/authorize/{request['oauth_token']}"
    demo.put(path, {"roles": [{"name": "admin"}]}, 401)
    verifier = demo.put(path, {"roles": [{"name": "reader"}]}, 200)["token"]["oauth_verifier"]
    secret = {"secret": request["oauth_token_secret"], "oauth_token": request["oauth_token"]}
    code = 401
    pair("OS-OAUTH1/access_token", oauth_verifier="wrong", **secret)
    pair("OS-OAUTH1/access_token", oauth_verifier=verifier, **{**secret, "secret": "wrong"})
    code = 201
    access = pair("OS-OAUTH1/access_token", oauth_verifier=verifier, **secret)
    code = 401
    pair("OS-OAUTH1/access_token", oauth_verifier=verifier, **secret)  # once only
    timestamp -= 1000
    pair("OS-OAUTH1/request_token", **project)  # too old
    timestamp += 1000

    def token():
        signed = authorization(
            "POST", f"{root}/auth/tokens", timestamp, consumer, access["oauth_token_secret"],
            oauth_token=access["oauth_token"],
        )  # fmt: skip
        return log_in(cloud, {"methods": ["oauth1"]}, Authorization=signed)

    body = token().json["token"]
    assert (body["user"]["id"], body["project"]["id"]) == (demo.user_id, demo.project_id)
    assert [role["name"] for role in body["roles"]] == ["reader"]
    assert body["OS-OAUTH1"]["consumer_id"] == consumer["id"]
    assert log_in(cloud, {"methods": ["oauth1"]}).status_int == 401
    mine = f"users/{demo.user_id}/OS-OAUTH1/access_tokens"
    (found,) = demo.get(mine)["access_tokens"]
    assert found["id"] == access["oauth_token"]
    assert len(demo.get(f"{mine}/{found['id']}/roles")["roles"]) == 1
    live = Api(cloud, token_of(token()))
    live.get("auth/catalog")
    live.delete(f"{mine}/{found['id']}", 403)
    demo.delete(f"{mine}/{found['id']}")
    live.get("auth/catalog", 401)
    assert token().status_int == 401
    admin.delete(f"OS-OAUTH1/consumers/{consumer['id']}")


# ---- more than a password ----


def test_two_factors(cloud, admin, demo):
    secret = base64.b32encode(b"01234567890123456789").decode()
    admin.make("credential", user_id=demo.user_id, type="totp", blob=secret)
    options = {"multi_factor_auth_enabled": True,
               "multi_factor_auth_rules": [["password", "totp"]]}  # fmt: skip
    admin.patch(f"users/{demo.user_id}", {"user": {"options": options}})
    password = cloud.passwords["demo"]
    assert log_in(cloud, by_password("demo", password)).status_int == 401
    both = by_password("demo", password)
    both["methods"].append("totp")
    both["totp"] = {"user": {"id": demo.user_id, "passcode": "000000"}}
    (code, last) = totp.codes(secret, cloud.service._core.now() // 1_000_000)
    if "000000" not in (code, last):
        assert log_in(cloud, both).status_int == 401
    both["totp"]["user"]["passcode"] = code
    answer = log_in(cloud, both)
    assert answer.json["token"]["methods"] == ["password", "totp"]
    alone = {"methods": ["totp"], "totp": both["totp"]}
    assert log_in(cloud, alone).status_int == 401
    again = {"methods": ["token"], "token": {"id": token_of(answer)}}
    assert log_in(cloud, again).status_int == 201
    off = {"options": {"multi_factor_auth_enabled": None}}
    admin.patch(f"users/{demo.user_id}", {"user": off})
    assert log_in(cloud, by_password("demo", password)).status_int == 201


def test_locked_password(cloud, admin, demo):
    admin.patch(f"users/{demo.user_id}", {"user": {"options": {"lock_password": True}}})
    values = {"original_password": cloud.passwords["demo"], "password": "new"}
    demo.post(f"users/{demo.user_id}/password", {"user": values}, 400)
    admin.patch(f"users/{demo.user_id}", {"user": {"password": "new"}})
    assert cloud.login("demo", password="new").status_int == 201
