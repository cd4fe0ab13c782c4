"""What a guest wrote to its first serial port."""

import re
from typing import Any

from novalite import states
from novalite.api.compute import lookup, parts
from novalite.context import RequestContext
from novalite.deployment import Deployment
from novalite.exception import ValidationError

# Control characters that break documents and terminals; line feeds and tabs stay.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f]")


def output(
    deployment: Deployment, context: RequestContext, found: lookup.Found, length: Any = None
) -> str:
    """The last ``length`` lines; all of them for None or a negative number.

    Raises ValidationError for what is no number, InstanceNotReady (409) before the server has a
    host, NotSupported (501), and MessagingUnavailable when the host does not answer.
    """
    lines = _lines(length)
    states.check("get_console_output", found.instance, is_admin=bool(context.is_admin))
    text = parts.compute(deployment).get_console_output(context, found.instance)
    return _UNWANTED.sub("", tail(text, lines))


def _lines(length: Any) -> int | None:
    try:
        return None if length is None else int(length)
    except ValueError:
        raise ValidationError(detail="length is not a number of lines") from None


def tail(text: str, length: int | None) -> str:
    if length is None or length < 0:
        return text
    if length == 0:
        return ""
    return "\n".join(text.split("\n")[-length:])
