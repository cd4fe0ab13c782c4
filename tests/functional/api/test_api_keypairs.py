"""/os-keypairs."""

import hashlib
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.support.api import ApiFixture, Reply
from tests.support.samples import differences, sample


@pytest.fixture
def api(tmp_path: pathlib.Path) -> Iterator[ApiFixture]:
    fixture = ApiFixture(tmp_path)
    yield fixture
    fixture.close()


def new_public_key() -> str:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    return key.public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    ).decode()


def bring(api: ApiFixture, name: str, **kwargs: Any) -> Reply:
    more = kwargs.pop("more", {})
    body = {"keypair": {"name": name, "public_key": new_public_key(), **more}}
    return api.post("/os-keypairs", body, **kwargs)


@pytest.mark.parametrize(
    ("version", "directory", "code"),
    [("2.1", "", 200), ("2.2", "v2.2/", 201), ("2.10", "v2.10/", 201)],
)
def test_generated_pair(api: ApiFixture, version: str, directory: str, code: int) -> None:
    reply = api.post("/os-keypairs", {"keypair": {"name": "mine"}}, version=version)
    assert reply.status == code
    assert differences(reply.json, sample(f"os-keypairs/{directory}keypairs-post-resp")) == []
    pair = reply.json["keypair"]
    private = serialization.load_pem_private_key(pair["private_key"].encode(), None)
    public = private.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    assert pair["public_key"].split()[:2] == public.decode().split()
    shown = api.get("/os-keypairs/mine", version=version)
    assert differences(shown.json, sample(f"os-keypairs/{directory}keypairs-get-resp")) == []
    assert "private_key" not in shown.json["keypair"]


def test_fingerprint_is_the_md5_of_the_key(api: ApiFixture) -> None:
    key = (
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDx8nkQv/zgGgB4rMYmIf+6A4l6Rr+o/6lHBQdW5aYd44bd8"
        "JttDCE/F/pNRr0lRE+PiqSPO8nDPHw0010JeMH9gYgnnFlyY3/OcJ02RhIPyyxYpv9FhY+2YiUkpwFOcLImyrx"
        "EsYXpD/0d3ac30bNH6Sw9JD9UZHYcpSxsIbECHw== Generated-by-Nova"
    )
    reply = api.post("/os-keypairs", {"keypair": {"name": "k", "public_key": key}})
    assert reply.json["keypair"] == {
        "name": "k",
        "public_key": key,
        "fingerprint": "1e:2c:9b:56:79:4b:45:77:f9:ca:7a:98:2c:b0:d5:3c",
        "user_id": "user-member",
    }


@pytest.mark.parametrize(
    "key", ["", "ssh-rsa", "ssh-rsa JUNK nova@host", "ssh-rsa AAAA", "nonsense", "-----BEGIN"]
)
def test_public_key_that_is_none(api: ApiFixture, key: str) -> None:
    reply = api.post("/os-keypairs", {"keypair": {"name": "k", "public_key": key}})
    assert reply.fault == (
        "badRequest",
        "Keypair data is invalid: failed to generate fingerprint",
    )


def test_x509(api: ApiFixture) -> None:
    body = {"keypair": {"name": "win", "type": "x509"}}
    assert api.post("/os-keypairs", body, version="2.1").status == 400
    made = api.post("/os-keypairs", body, version="2.2").json["keypair"]
    certificate = x509.load_pem_x509_certificate(made["public_key"].encode())
    assert made["fingerprint"].replace(":", "") == certificate.fingerprint(hashes.SHA1()).hex()
    key = serialization.load_pem_private_key(made["private_key"].encode(), None)
    assert key.public_key() == certificate.public_key()
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (upn,) = names.get_values_for_type(x509.OtherName)
    assert upn.value.endswith(b"user-member@localhost")
    again = {**body["keypair"], "name": "win2", "public_key": made["public_key"]}
    reply = api.post("/os-keypairs", {"keypair": again}, version="2.2")
    assert reply.json["keypair"]["fingerprint"] == made["fingerprint"]
    bad = {"keypair": {**body["keypair"], "name": "win3", "public_key": "junk"}}
    assert api.post("/os-keypairs", bad, version="2.2").status == 400


def test_key_is_needed_from_2_92(api: ApiFixture) -> None:
    assert api.post("/os-keypairs", {"keypair": {"name": "a"}}, version="2.92").status == 400
    reply = bring(api, "a@b.c", version="2.92")
    assert reply.status == 201
    assert "private_key" not in reply.json["keypair"]
    assert bring(api, "x@y", version="2.91").status == 400
    assert api.get("/os-keypairs/a@b.c").json["keypair"]["name"] == "a@b.c"
    assert len(api.get("/os-keypairs").json["keypairs"]) == 1


@pytest.mark.parametrize("name", ["", " a", "a/b", "a;b", "x" * 256, "a\tb", "ä"])
def test_bad_names(api: ApiFixture, name: str) -> None:
    assert bring(api, name).status == 400


def test_name_is_unique_per_user(api: ApiFixture) -> None:
    assert bring(api, "k").status == 200
    assert bring(api, "k").fault == ("conflictingRequest", "Key pair 'k' already exists.")
    assert bring(api, "k", token="member2").status == 200


def test_quota(tmp_path: pathlib.Path) -> None:
    api = ApiFixture(tmp_path, {"quota": {"key_pairs": 2}})
    assert [bring(api, name).status for name in "abc"] == [200, 200, 403]
    assert bring(api, "c").fault == ("forbidden", "Quota exceeded, too many key pairs.")
    assert bring(api, "c", token="member2").status == 200
    api.close()


def test_deleted(api: ApiFixture) -> None:
    bring(api, "a")
    bring(api, "b")
    first, second = api.delete("/os-keypairs/a"), api.delete("/os-keypairs/b", version="2.2")
    assert (first.status, first.body) == (202, b"")
    assert (second.status, second.body) == (204, b"")
    assert "content-type" not in second.headers
    gone = api.delete("/os-keypairs/a")
    assert gone.fault == ("itemNotFound", "Keypair a not found for user user-member")


def test_paging(api: ApiFixture) -> None:
    for name in ("c", "a", "b"):
        bring(api, name)

    def names(reply: Reply) -> list[str]:
        return [item["keypair"]["name"] for item in reply.json["keypairs"]]

    assert names(api.get("/os-keypairs?limit=1")) == ["a", "b", "c"]
    page = api.get("/os-keypairs?limit=2", version="2.35")
    assert names(page) == ["a", "b"]
    assert page.json["keypairs_links"][0]["href"].endswith("/os-keypairs?limit=2&marker=b")
    assert differences(page.json, sample("os-keypairs/v2.35/keypairs-list-resp")) == []
    last = api.get("/os-keypairs?limit=2&marker=b", version="2.35")
    assert names(last) == ["c"] and "keypairs_links" not in last.json
    assert api.get("/os-keypairs?marker=z", version="2.35").status == 400
    assert api.get("/os-keypairs?colour=red", version="2.75").status == 400


def test_of_another_user(api: ApiFixture) -> None:
    other = {"user_id": "user-member"}
    assert bring(api, "k", version="2.10", token="admin", more=other).status == 201
    assert bring(api, "j", version="2.9", token="admin", more=other).status == 400
    assert bring(api, "j", version="2.10", token="member2", more=other).status == 403
    query = "?user_id=user-member"
    assert api.get(f"/os-keypairs{query}", version="2.10", token="member2").status == 403
    listed = api.get(f"/os-keypairs{query}", version="2.10", token="admin").json["keypairs"]
    assert len(listed) == 1
    assert api.get(f"/os-keypairs{query}", version="2.9", token="admin").json["keypairs"] == []
    assert api.get(f"/os-keypairs/k{query}", version="2.10", token="admin").status == 200
    assert api.delete(f"/os-keypairs/k{query}", version="2.10", token="member2").status == 403
    assert api.delete(f"/os-keypairs/k{query}", version="2.10", token="admin").status == 204


def test_list_takes_one_statement(api: ApiFixture) -> None:
    counts = []
    for names in ("a", "bcdefghij"):
        for name in names:
            bring(api, name)
        with api.api_db.counting() as counter:
            api.get("/os-keypairs")
        counts.append(counter.count)
    assert counts == [1, 1]


def test_fingerprint_helper_agrees_with_hashlib(api: ApiFixture) -> None:
    import base64

    key = new_public_key()
    data = base64.b64decode(key.split()[1])
    made = api.post("/os-keypairs", {"keypair": {"name": "k", "public_key": key}}).json["keypair"]
    assert made["fingerprint"].replace(":", "") == hashlib.md5(data).hexdigest()
