"""The page of a list that a request asks for."""

from typing import Any

from novalite.exception import ValidationError
from novalite.wsgi.operations import Request


def page(req: Request) -> tuple[int, str | None]:
    """(``limit``, ``marker``): at most [api]max_limit items, after the one named ``marker``.

    Raises ValidationError when ``limit`` is no number of zero or more.
    """
    most: int = req.deployment.conf.api.max_limit
    text = req.query_one("limit")
    marker = req.query_one("marker")
    if text is None:
        return most, marker
    try:
        limit = int(text)
    except ValueError:
        raise ValidationError(detail="limit param must be an integer") from None
    if limit < 0:
        raise ValidationError(detail="limit param must be positive")
    return min(limit, most), marker


def next_links(
    req: Request, path: str, limit: int, found: int, marker: Any
) -> list[dict[str, str]]:
    """The ``*_links`` of a page that is full: there may be more behind ``marker``."""
    if limit <= 0 or found < limit:
        return []
    return [{"rel": "next", "href": req.page_link(path, str(marker))}]
