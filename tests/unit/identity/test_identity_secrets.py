"""Password hashes, the key repository, sealed tokens and the throttle."""

import datetime
import os
import stat

import pytest

from novalite import exception
from novalite.identity.embedded import implied_roles, tokens
from novalite.identity.embedded.keys import KEPT, KeyRepository
from novalite.identity.embedded.passwords import LONGEST, PasswordHasher
from novalite.identity.embedded.throttle import FREE, FREE_ACCOUNT, Throttle, TooManyFailures


@pytest.fixture(scope="module")
def hasher():
    return PasswordHasher()


def test_password_hash(hasher):
    hashed = hasher.hash("sécret")
    assert hashed.startswith("$scrypt$ln=13,r=8,p=1$")
    assert "cret" not in hashed
    assert hasher.hash("sécret") != hashed  # salted
    assert hasher.verify("sécret", hashed)
    assert not hasher.verify("secret", hashed)
    assert not hasher.verify("", hashed)
    assert not hasher.verify("sécret", None)


def test_the_cost_is_configured_and_kept_beside_the_hash(hasher):
    hashed = PasswordHasher(10).hash("secret")
    assert hashed.startswith("$scrypt$ln=10,r=8,p=1$")
    assert hasher.verify("secret", hashed)
    assert not hasher.verify("Secret", hashed)


def test_hash_with_other_parameters_still_verifies(hasher):
    hashed = (
        "$scrypt$ln=4,r=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$dv8ghmWQ/Ttv4k9H07qLIwcSAO5xPXwMKaVMoe4f6Hs"
    )
    import base64
    import hashlib

    digest = hashlib.scrypt(b"x", salt=bytes(16), n=16, r=1, p=1, dklen=32)
    hashed = hashed.rpartition("$")[0] + "$" + base64.b64encode(digest).decode().rstrip("=")
    assert hasher.verify("x", hashed)
    assert not hasher.verify("y", hashed)


def test_password_of_megabytes_is_not_hashed(hasher):
    hashed = hasher.hash("x" * LONGEST)
    assert hasher.verify("x" * LONGEST, hashed)
    assert not hasher.verify("x" * (LONGEST + 1), hashed)
    with pytest.raises(ValueError, match="at most"):
        hasher.hash("x" * (LONGEST + 1))


@pytest.fixture
def keys(tmp_path):
    keys = KeyRepository(str(tmp_path / "keys"))
    keys.ensure()
    return keys


CLAIMS = tokens.Claims("u", ("password",), "project", "p", 1, 2, ("a", "b"))


def test_keys_are_private(keys, tmp_path):
    folder = tmp_path / "keys"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(p.name for p in folder.iterdir()) == [".lock", "0", "1"]
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    os.chmod(folder / "1", 0o644)
    KeyRepository(str(folder)).fernet()
    assert stat.S_IMODE((folder / "1").stat().st_mode) == 0o600


def test_seal_and_unseal(keys):
    token = tokens.seal(keys, CLAIMS)
    assert tokens.unseal(keys, token) == CLAIMS
    assert len(token) < 400
    assert "=" not in token
    for bad in ("", token[:-2], token.swapcase(), "x" * 5000, "ü", token + "\n", 'a"b'):
        with pytest.raises(exception.Unauthorized):
            tokens.unseal(keys, bad)


def test_keys_of_another_cloud(keys, tmp_path):
    other = KeyRepository(str(tmp_path / "other"))
    other.ensure()
    with pytest.raises(exception.Unauthorized):
        tokens.unseal(other, tokens.seal(keys, CLAIMS))


def test_rotation(keys, tmp_path):
    """A second process that has not looked since can read what the new primary key signs; a
    token lives through KEPT - 1 rotations."""
    second = KeyRepository(str(tmp_path / "keys"))
    old = tokens.seal(keys, CLAIMS)
    assert tokens.unseal(second, old) == CLAIMS
    keys.rotate()
    new = tokens.seal(keys, CLAIMS)
    assert tokens.unseal(second, new) == CLAIMS
    second.reload()
    assert tokens.unseal(second, old) == CLAIMS
    for _ in range(KEPT - 1):
        keys.rotate()
    names = sorted(p.name for p in (tmp_path / "keys").iterdir() if p.name.isdigit())
    assert len(names) == KEPT
    second.reload()
    with pytest.raises(exception.Unauthorized):
        tokens.unseal(second, old)


def test_rotation_that_was_killed(keys, tmp_path):
    token = tokens.seal(keys, CLAIMS)
    os.rename(tmp_path / "keys" / "0", tmp_path / "keys" / "2")
    (tmp_path / "keys" / ".0.partial").write_text("half")
    again = KeyRepository(str(tmp_path / "keys"))
    again.ensure()
    assert tokens.unseal(again, token) == CLAIMS
    assert (tmp_path / "keys" / "0").exists()


def test_microseconds():
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 6)
    assert tokens.moment(tokens.microseconds(moment)) == moment


def test_implied_roles_even_in_a_circle():
    implied = {"a": ["b"], "b": ["c"], "c": ["a"]}
    assert implied_roles.expand(["a", "x"], implied) == ["a", "x", "b", "c"]


class StillClock:
    def __init__(self):
        self.time = 1000.0

    def monotonic(self):
        return self.time

    def now(self):
        raise AssertionError("not needed")


def test_throttle():
    clock = StillClock()
    throttle = Throttle(clock)
    for _ in range(FREE):
        throttle.check("demo", "here")
        throttle.failed("demo", "here")
    with pytest.raises(TooManyFailures) as refused:
        throttle.check("demo", "here")
    assert refused.value.headers["Retry-After"] == "2"
    throttle.check("demo", "elsewhere")
    throttle.check("admin", "here")
    clock.time += 2
    throttle.check("demo", "here")
    throttle.failed("demo", "here")
    with pytest.raises(TooManyFailures) as refused:
        throttle.check("demo", "here")
    assert refused.value.headers["Retry-After"] == "3"
    clock.time += 3
    throttle.succeeded("demo", "here")
    throttle.failed("demo", "here")
    throttle.check("demo", "here")


def test_throttle_of_one_account_from_everywhere():
    clock = StillClock()
    throttle = Throttle(clock)
    for n in range(FREE_ACCOUNT):
        throttle.check("demo", f"address {n}")
        throttle.failed("demo", f"address {n}")
    with pytest.raises(TooManyFailures):
        throttle.check("demo", "one more")
    throttle.check("admin", "one more")
    clock.time += 901
    throttle.failed("demo", "one more")
    throttle.check("demo", "one more")
