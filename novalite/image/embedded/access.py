"""Who may see and change which image."""

from collections.abc import Callable

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded.records import Image

_READERS = {"reader"}


def is_admin(context: RequestContext) -> bool:
    return bool(context.is_admin) or "admin" in (context.roles or ())


def is_visible(context: RequestContext, image: Image, is_member: Callable[[str], bool]) -> bool:
    """``is_member``: whether a project is a member of the image; asked only if that matters."""
    if is_admin(context) or image.visibility in ("public", "community"):
        return True
    if owns(context, image):
        return True
    if image.visibility != "shared" or context.project_id is None:
        return False
    return is_member(context.project_id)


def owns(context: RequestContext, image: Image) -> bool:
    return image.owner is not None and image.owner == context.project_id


def require_admin(context: RequestContext, what: str) -> None:
    """Raises Forbidden."""
    if not is_admin(context):
        raise exception.Forbidden(f"You are not authorized to complete {what} action.")


def require_writer(context: RequestContext, what: str) -> None:
    """Raises Forbidden to a token whose only role is to read."""
    roles = set(context.roles or ())
    if roles and roles <= _READERS and not context.is_admin:
        raise exception.Forbidden(f"You are not authorized to complete {what} action.")


def require_owner(context: RequestContext, image: Image, what: str) -> None:
    """Raises Forbidden."""
    require_writer(context, what)
    if not owns(context, image) and not is_admin(context):
        raise exception.Forbidden(f"You are not permitted to {what} image {image.id}.")


def require_publicity(context: RequestContext, visibility: str) -> None:
    """Raises Forbidden: only an admin puts images before everybody's eyes."""
    if visibility == "public" and not is_admin(context):
        raise exception.Forbidden("You are not authorized to complete publicize_image action.")
