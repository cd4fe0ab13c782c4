"""Microversions: which version of an API a request speaks.

A service without microversions (the neighbours) has no range; its requests then carry
``Microversion(2, 1)``, which every declaration without bounds accepts.
"""

import dataclasses
import re
from typing import Any, NamedTuple

from novalite.exception import NovaliteError, ValidationError

STANDARD_HEADER = "OpenStack-API-Version"

_VERSION = re.compile(r"^([1-9]\d*)\.([1-9]\d*|0)$")


class Microversion(NamedTuple):
    """Compares with plain tuples: ``version >= (2, 53)``."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    @classmethod
    def parse(cls, text: str) -> "Microversion":
        """Raises ValueError unless ``text`` is ``X.Y``."""
        found = _VERSION.match(text)
        if found is None:
            raise ValueError(text)
        return cls(int(found[1]), int(found[2]))


class VersionNotAcceptable(NovaliteError):
    code = 406
    message = (
        "Version {requested} is not supported by the API. Minimum is {minimum} and maximum is "
        "{maximum}."
    )


@dataclasses.dataclass(frozen=True, slots=True)
class MicroversionRange:
    """What a service offers. ``service`` is its name in the standard header."""

    service: str
    minimum: Microversion
    maximum: Microversion
    legacy_header: str | None = None

    @property
    def header_names(self) -> tuple[str, ...]:
        return (STANDARD_HEADER, self.legacy_header) if self.legacy_header else (STANDARD_HEADER,)

    def negotiate(self, environ: dict[str, Any]) -> Microversion:
        """The version that the request's headers ask for; the minimum when none does.

        Raises ValidationError (malformed) or VersionNotAcceptable (out of range).
        """
        text = self._requested(environ)
        if text is None:
            return self.minimum
        if text == "latest":
            return self.maximum
        try:
            version = Microversion.parse(text)
        except ValueError:
            raise ValidationError(
                detail=f"API Version String {text} is of invalid format. "
                "Must be of format MajorNum.MinorNum."
            ) from None
        if not self.minimum <= version <= self.maximum:
            raise VersionNotAcceptable(
                requested=version, minimum=self.minimum, maximum=self.maximum
            )
        return version

    def _requested(self, environ: dict[str, Any]) -> str | None:
        standard = environ.get("HTTP_OPENSTACK_API_VERSION")
        if standard:
            # One header may name several services; the last entry for ours counts.
            for entry in reversed(standard.split(",")):
                words = entry.split()
                if words and words[0].lower() == self.service:
                    return " ".join(words[1:]).strip().lower()
        if self.legacy_header:
            legacy = environ.get("HTTP_" + self.legacy_header.upper().replace("-", "_"))
            if legacy is not None:
                return legacy.strip().lower()
        return None

    def answer_headers(self, version: Microversion) -> list[tuple[str, str]]:
        """What every versioned answer carries."""
        headers = [(STANDARD_HEADER, f"{self.service} {version}")]
        if self.legacy_header:
            headers.append((self.legacy_header, str(version)))
        headers.append(("Vary", ", ".join(self.header_names)))
        return headers


ANY = Microversion(2, 1)

COMPUTE = MicroversionRange(
    service="compute",
    minimum=Microversion(2, 1),
    maximum=Microversion(2, 104),
    legacy_header="X-OpenStack-Nova-API-Version",
)
