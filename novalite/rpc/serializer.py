"""What oslo.messaging hands to a driver: records and contexts as JSON-able values."""

from typing import Any

import oslo_messaging

from novalite.context import RequestContext
from novalite.objects import from_primitive, to_primitive


class Serializer(oslo_messaging.Serializer):
    """``to_primitive`` and ``from_primitive``; the context without its token and catalog."""

    def serialize_entity(self, ctxt: Any, entity: Any) -> Any:
        return to_primitive(entity)

    def deserialize_entity(self, ctxt: Any, entity: Any) -> Any:
        return from_primitive(entity)

    def serialize_context(self, ctxt: RequestContext) -> dict[str, Any]:
        return ctxt.to_dict()

    def deserialize_context(self, ctxt: dict[str, Any]) -> RequestContext:
        return RequestContext.from_dict(ctxt)
