"""Making and judging key pairs: what a public key's fingerprint is, and new keys of both types."""

import base64
import binascii
import datetime
import hashlib
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from novalite.exception import Invalid

_BITS = 2048
_VALID_FOR = datetime.timedelta(days=3650)
_UPN = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
"""The user principal name, by which Windows maps a client certificate to an account."""


class InvalidKeypair(Invalid):
    message = "Keypair data is invalid: {reason}"


class Made(NamedTuple):
    public_key: str
    private_key: str
    fingerprint: str


def _colons(digest: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in digest)


def fingerprint(key_type: str, public_key: str) -> str:
    """MD5 of an SSH key's data, or SHA-1 of a certificate, as hexadecimal pairs.

    Raises InvalidKeypair for what is neither.
    """
    return _x509_fingerprint(public_key) if key_type == "x509" else _ssh_fingerprint(public_key)


def _ssh_fingerprint(public_key: str) -> str:
    words = public_key.split(None, 2)
    try:
        data = base64.b64decode(words[1], validate=True)
        serialization.load_ssh_public_key(" ".join(words[:2]).encode())
    except (IndexError, ValueError, binascii.Error, UnsupportedAlgorithm) as exc:
        unread = _accepted_otherwise(words)
        if unread is None:
            raise InvalidKeypair(reason="failed to generate fingerprint") from exc
        data = unread
    return _colons(hashlib.md5(data, usedforsecurity=False).digest())


_OTHER_TYPES = ("ssh-dss", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com")


def _accepted_otherwise(words: list[str]) -> bytes | None:
    """The data of a key whose type the library does not read, if it names that type itself."""
    if len(words) < 2 or words[0] not in _OTHER_TYPES:
        return None
    try:
        data = base64.b64decode(words[1], validate=True)
    except (ValueError, binascii.Error):
        return None
    name = words[0].encode()
    return data if data.startswith(len(name).to_bytes(4, "big") + name) else None


def _x509_fingerprint(certificate: str) -> str:
    try:
        parsed = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError as exc:
        raise InvalidKeypair(reason="failed to generate X509 fingerprint") from exc
    return _colons(parsed.fingerprint(hashes.SHA1()))


def generate(key_type: str, user_id: str, now: datetime.datetime) -> Made:
    """A new RSA key; for x509 with a self-signed client certificate, valid for ten years."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    if key_type == "x509":
        return _certificate(key, user_id, now)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
    public = (
        key.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode()
    )
    return Made(f"{public} Generated-by-Nova", private, _ssh_fingerprint(public))


def _certificate(key: rsa.RSAPrivateKey, user_id: str, now: datetime.datetime) -> Made:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user_id[:64])])
    upn = f"{user_id}@localhost".encode()
    # DER: UTF8String (tag 12) with a long-form length where it needs one.
    length = bytes([len(upn)]) if len(upn) < 128 else b"\x82" + len(upn).to_bytes(2, "big")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + _VALID_FOR)
        .add_extension(
            x509.SubjectAlternativeName([x509.OtherName(_UPN, b"\x0c" + length + upn)]),
            critical=False,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    public = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return Made(public, private, _colons(certificate.fingerprint(hashes.SHA1())))
