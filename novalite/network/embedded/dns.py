"""Names that the network service keeps: of networks, of ports, of floating addresses."""

import re
from typing import Any

from novalite.exception import InvalidInput

LABEL = re.compile(r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$", re.IGNORECASE)
LONGEST = 255


def domain(given: Any) -> str:
    """A domain that ends with a dot; empty: none. Raises InvalidInput."""
    text = str(given or "")
    if not text:
        return ""
    labels = text.removesuffix(".").split(".")
    if not text.endswith(".") or len(text) > LONGEST:
        raise InvalidInput(reason=f"'{text}' is not a FQDN")
    if not all(each and LABEL.match(each) for each in labels):
        raise InvalidInput(reason=f"'{text}' not a valid PQDN or FQDN.")
    return text


def name(given: Any) -> str:
    """A host's name, with a domain or without. Raises InvalidInput."""
    text = str(given or "")
    labels = text.removesuffix(".").split(".")
    if text and (len(text) > LONGEST or not all(each and LABEL.match(each) for each in labels)):
        raise InvalidInput(reason=f"'{text}' not a valid PQDN or FQDN.")
    return text
