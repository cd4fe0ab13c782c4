"""The string formats that schemas may name, and what is said when a value has another form."""

import base64
import binascii
import datetime
import ipaddress
import re
import socket
import unicodedata
import uuid
from typing import Any
from urllib.parse import urlsplit

import jsonschema

CHECKER = jsonschema.FormatChecker(formats=())

_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_HTTP = re.compile(r"^https?://[a-zA-Z0-9.:-]+/[a-zA-Z0-9./_-]*\Z")
_MAC = re.compile(r"^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$")
_FQDN_LABEL = re.compile(r"^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$")


class InvalidName(ValueError):
    """A name's reason replaces the usual sentence of a failed format."""


def _printable(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Zs":
        return True
    return category[0] not in "CZ"


def printable(text: str) -> bool:
    """Letters, marks, numbers, punctuation, symbols and spaces only."""
    return (text.isascii() and text.isprintable()) or all(_printable(char) for char in text)


def _check_name(value: str, *, colon: bool = True, trim: bool = False, empty: bool = False) -> bool:
    if trim:
        if not value.strip():
            raise InvalidName("The name must contain at least one non white space character.")
    elif not value:
        if not empty:
            raise InvalidName("The name must not be empty.")
    elif value.strip() != value:
        raise InvalidName("The name can not start or end with whitespace.")
    if not printable(value):
        raise InvalidName("The name must hold printable characters only.")
    if not colon and ":" in value:
        raise InvalidName("The name of an availability zone can not contain a colon.")
    return True


def is_uuid(value: Any) -> bool:
    """8-4-4-4-12 hexadecimal digits; hyphens are optional."""
    if isinstance(value, str) and _UUID.match(value):
        return True
    try:
        return (
            str(uuid.UUID(value)).replace("-", "")
            == value.replace("urn:", "").replace("uuid:", "").strip("{}").replace("-", "").lower()
        )
    except (ValueError, TypeError, AttributeError):
        return False


def parse_time(text: str) -> datetime.datetime:
    """ISO 8601 -> naive UTC. A time without zone is UTC. Raises ValueError."""
    text = text.strip()
    if " " in text and "T" in text:
        # A "+" in a query string that was not quoted arrives as a blank.
        text = re.sub(r"(\d) (\d\d:?\d\d)$", r"\1+\2", text)
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    return moment


def _string(check: Any) -> Any:
    """Formats say nothing of what is not a string; ``type`` does."""

    def wrapped(value: object) -> bool:
        return bool(check(value)) if isinstance(value, str) else True

    return wrapped


def _register(name: str, raises: Any = ()) -> Any:
    def decorate(check: Any) -> Any:
        CHECKER.checks(name, raises)(_string(check))
        return check

    return decorate


@_register("uuid")
def _uuid(value: str) -> bool:
    return is_uuid(value)


@_register("date-time", ValueError)
def _date_time(value: str) -> bool:
    parse_time(value)
    return True


@_register("base64", (ValueError, binascii.Error))
def _base64(value: str) -> bool:
    base64.b64decode(value.encode("utf-8"))
    return True


@_register("cidr", ValueError)
def _cidr(value: str) -> bool:
    ipaddress.ip_network(value, strict=False)
    return "/" in value


@_register("ipv4", (OSError, ValueError))
def _ipv4(value: str) -> bool:
    socket.inet_pton(socket.AF_INET, value)
    return True


@_register("ipv6", (OSError, ValueError))
def _ipv6(value: str) -> bool:
    socket.inet_pton(socket.AF_INET6, value)
    return True


@_register("uri", ValueError)
def _uri(value: str) -> bool:
    if _HTTP.match(value):
        return True
    parts = urlsplit(value)
    return bool(parts.scheme and parts.netloc)


@_register("regex", re.error)
def _regex(value: str) -> bool:
    re.compile(value)
    return True


@_register("fqdn")
def _fqdn(value: str) -> bool:
    return len(value) <= 255 and all(_FQDN_LABEL.match(x) for x in value.rstrip(".").split("."))


@_register("url", ValueError)
def _url(value: str) -> bool:
    return _uri(value)


@_register("mac-address")
def _mac_address(value: str) -> bool:
    return _MAC.match(value) is not None


@_register("printable")
def _printable_only(value: str) -> bool:
    return printable(value)


@_register("name", InvalidName)
def _name(value: str) -> bool:
    return _check_name(value)


@_register("name_with_leading_trailing_spaces", InvalidName)
def _loose_name(value: str) -> bool:
    return _check_name(value, trim=True)


@_register("az_name", InvalidName)
def _az_name(value: str) -> bool:
    return _check_name(value, colon=False)


@_register("az_name_with_leading_trailing_spaces", InvalidName)
def _loose_az_name(value: str) -> bool:
    return _check_name(value, colon=False, trim=True)


@_register("printable")
def _printable_text(value: str) -> bool:
    return printable(value)
