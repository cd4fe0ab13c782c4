"""The request's own values: names, passwords, user data, limits of metadata and files."""

import base64
import binascii
import re
import secrets
import string
from collections.abc import Iterable, Mapping
from typing import Any

from oslo_utils import strutils

from novalite import quota
from novalite.exception import (
    InjectedFileLimitExceeded,
    Invalid,
    MetadataLimitExceeded,
    UserDataMalformed,
    UserDataTooLarge,
    ValidationError,
)

MAX_USER_DATA = 65535
MAX_HOSTNAME = 63
MAX_NAME = 255

# No characters that are taken for one another, so that a password can be read out.
_PASSWORD_ALPHABETS = ("23456789", "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz")


def generate_password(length: int) -> str:
    """Random, with a digit, a capital and a small letter when there is room for them."""
    picked = [secrets.choice(alphabet) for alphabet in _PASSWORD_ALPHABETS][:length]
    everything = "".join(_PASSWORD_ALPHABETS)
    picked += [secrets.choice(everything) for _ in range(length - len(picked))]
    secrets.SystemRandom().shuffle(picked)
    return "".join(picked)


def generate_reservation_id() -> str:
    alphabet = string.ascii_lowercase + string.digits
    return "r-" + "".join(secrets.choice(alphabet) for _ in range(8))


def check_user_data(user_data: str | None) -> None:
    """Raises UserDataTooLarge, UserDataMalformed."""
    if not user_data:
        return
    if len(user_data) > MAX_USER_DATA:
        raise UserDataTooLarge(length=len(user_data), maxsize=MAX_USER_DATA)
    try:
        base64.b64decode(user_data.encode("utf-8"))
    except (binascii.Error, ValueError):
        raise UserDataMalformed() from None


def parse_config_drive(value: Any) -> bool:
    """Raises ValidationError for what is no boolean."""
    if value is None or value == "":
        return False
    try:
        return strutils.bool_from_string(value, strict=True)
    except ValueError:
        raise ValidationError(detail="Invalid config_drive provided.") from None


def check_metadata(limits: Mapping[str, int], metadata: dict[str, str]) -> None:
    """Raises MetadataLimitExceeded (403) and Invalid."""
    if quota.exceeds(limits["metadata_items"], len(metadata)):
        raise MetadataLimitExceeded(allowed=limits["metadata_items"])
    for key, value in metadata.items():
        if not key:
            raise Invalid("Invalid metadata: Metadata property key is blank.")
        if len(key) > MAX_NAME or len(value) > MAX_NAME:
            raise Invalid("Invalid metadata size: keys and values hold at most 255 characters.")
    check_distinct("Metadata keys", metadata)


def check_distinct(what: str, names: Iterable[str]) -> None:
    """MariaDB takes two names that differ in spaces at their ends for one. Raises Invalid."""
    stripped = [name.rstrip(" ") for name in set(names)]
    if len(set(stripped)) < len(stripped):
        raise Invalid(f"{what} differ in spaces at their ends only.")


def check_injected_files(limits: Mapping[str, int], files: list[list[str]]) -> None:
    """Raises InjectedFileLimitExceeded (403)."""
    if not files:
        return
    if quota.exceeds(limits["injected_files"], len(files)):
        raise InjectedFileLimitExceeded("Personality file limit exceeded")
    longest = max(len(path) for path, _ in files)
    if quota.exceeds(limits["injected_file_path_bytes"], longest):
        allowed = limits["injected_file_path_bytes"]
        raise InjectedFileLimitExceeded(f"Personality file path exceeds maximum {allowed}")
    largest = max(_decoded_size(content) for _, content in files)
    if quota.exceeds(limits["injected_file_content_bytes"], largest):
        allowed = limits["injected_file_content_bytes"]
        raise InjectedFileLimitExceeded(f"Personality file content exceeds maximum {allowed}")


def _decoded_size(content: str) -> int:
    try:
        return len(base64.b64decode(content.encode("utf-8")))
    except (binascii.Error, ValueError):
        raise Invalid("Personality file content could not be base64 decoded.") from None


# ---- names ------------------------------------------------------------------


def display_name(template: str, name: str, uuid: str, index: int, count: int) -> str:
    """A server's name; with several servers made from the multi-instance template."""
    if count == 1:
        return name
    made = template % {"name": name, "uuid": uuid, "count": index + 1}
    if len(made) > MAX_NAME:
        surplus = len(made) - MAX_NAME
        made = template % {"name": name[:-surplus], "uuid": uuid, "count": index + 1}
    return made[:MAX_NAME]


def host_name(name: str, uuid: str) -> str:
    """A DNS label made from a server's name; ``Server-<uuid>`` when nothing is left of it."""
    label = re.sub(r"[\s_.]+", "-", name)
    label = re.sub(r"[^a-zA-Z0-9-]+", "", label)
    label = label.lower().strip("-")[:MAX_HOSTNAME].rstrip("-")
    return label or f"Server-{uuid}"
