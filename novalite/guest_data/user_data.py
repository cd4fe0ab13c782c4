"""user_data: what the user handed in, byte for byte."""

import base64
import binascii

from novalite.guest_data.source import Source

NAME = "user_data"


def render(source: Source) -> bytes | None:
    """None when there is none (an empty one is none too)."""
    encoded = source.instance.user_data
    if not encoded:
        return None
    try:
        return base64.b64decode(encoded)
    except (binascii.Error, ValueError):
        return encoded.encode()  # never accepted so by the API; better shown than lost
