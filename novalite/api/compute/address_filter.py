"""Servers by a part of an address."""

import re
from collections.abc import Mapping

from novalite.context import RequestContext
from novalite.exception import ValidationError
from novalite.network.interface import NetworkAPI
from novalite.objects import Instance

SUBSTRING_EXTENSION = "ip-substring-filtering"


class AddressFilter:
    """``wanted``: IP version -> what the addresses shall hold."""

    def __init__(
        self, network_api: NetworkAPI, context: RequestContext, wanted: Mapping[int, str]
    ) -> None:
        self._api = network_api
        self._context = context
        self._wanted = wanted

    def uuids(self) -> list[str] | None:
        """The servers that the network service finds; None when it cannot look for parts."""
        if SUBSTRING_EXTENSION not in self._api.extensions(self._context):
            return None
        found: set[str] | None = None
        for text in self._wanted.values():
            ports = self._api.list_ports(self._context, fixed_ips=[f"ip_address_substr={text}"])
            servers = {port["device_id"] for port in ports if port.get("device_id")}
            found = servers if found is None else found & servers
        return sorted(found or ())

    def matches(self, instance: Instance) -> bool:
        """Whether addresses of the server begin with what is wanted (regular expressions)."""
        return all(
            any(
                ip.version == version and self._compiled(text).match(ip.address)
                for vif in instance.network_info or ()
                for ip in vif.fixed_ips()
            )
            for version, text in self._wanted.items()
        )

    @staticmethod
    def _compiled(text: str) -> re.Pattern[str]:
        try:
            return re.compile(text)
        except re.error as exc:
            raise ValidationError(detail=f"Invalid address filter: {exc}") from None
