"""Who may see and change which image: the rules are in ``novalite.policy.image``.

What an image's visibility means is no rule: a private image is nobody else's, whatever an
operator allows. The rules say what may be done with what one sees.
"""

from collections.abc import Callable
from typing import Any

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded.records import Image
from novalite.policy import Enforcer

Target = dict[str, Any]


class Access:
    def __init__(self, policy: Enforcer) -> None:
        self._policy = policy

    def is_admin(self, context: RequestContext) -> bool:
        """Admins see all."""
        return self._policy.allowed(context, "context_is_admin", {})

    def allowed(self, context: RequestContext, rule: str, image: Image) -> bool:
        """``image``: one that the caller sees."""
        return self._policy.allowed(context, rule, _target(context, image))

    def authorize(self, context: RequestContext, rule: str, image: Image) -> None:
        """``image``: one that the caller sees. Raises PolicyNotAuthorized."""
        self._policy.authorize(context, rule, _target(context, image))

    def authorize_list(self, context: RequestContext) -> None:
        """Raises PolicyNotAuthorized."""
        self._policy.authorize(context, "get_images", {"project_id": context.project_id})

    def authorize_for_member(self, context: RequestContext, rule: str, member_id: str) -> None:
        """What is done in the name of a member. Raises PolicyNotAuthorized."""
        self._policy.authorize(context, rule, {"member_id": member_id})

    def is_visible(
        self, context: RequestContext, image: Image, is_member: Callable[[str], bool]
    ) -> bool:
        """``is_member``: whether a project is a member of the image; asked only if that matters."""
        if not self.allowed(context, "get_image", image):
            return False
        if image.visibility in ("public", "community") or owns(context, image):
            return True
        if self.is_admin(context):
            return True
        if image.visibility != "shared" or context.project_id is None:
            return False
        return is_member(context.project_id)

    def authorize_new(self, context: RequestContext, image: Image) -> None:
        """Raises Forbidden."""
        target = {"project_id": context.project_id, "owner": image.owner}
        if not self._policy.allowed(context, "add_image", target):
            if image.owner != context.project_id:
                raise exception.Forbidden(
                    f"You are not permitted to create images owned by '{image.owner}'."
                )
            raise exception.PolicyNotAuthorized(action="add_image")
        self.authorize_visibility(context, image)

    def authorize_visibility(self, context: RequestContext, image: Image) -> None:
        """That the image may have the visibility that it has. Raises PolicyNotAuthorized."""
        if image.visibility == "public":
            self.authorize(context, "publicize_image", image)
        elif image.visibility == "community":
            self.authorize(context, "communitize_image", image)


def owns(context: RequestContext, image: Image) -> bool:
    return image.owner is not None and image.owner == context.project_id


def _target(context: RequestContext, image: Image) -> Target:
    # Who sees a shared image of another project is a member of it, or an admin.
    shared = image.visibility == "shared" and not owns(context, image)
    return {
        "project_id": image.owner,
        "owner": image.owner,
        "member_id": context.project_id if shared else None,
        "visibility": image.visibility,
    }
