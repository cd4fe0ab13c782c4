"""Errors of the network API v2.0 that the compute services' own do not cover.

``wire_name`` is the ``type`` member of the fault that a client sees; without it the class name.
"""

from typing import ClassVar

from novalite import exception


class Disallowed(exception.PolicyNotAuthorized):
    wire_name: ClassVar[str] = "PolicyNotAuthorized"
    message = "{rule} is disallowed by policy"


class SubnetNotFound(exception.NotFound):
    message = "Subnet {subnet_id} could not be found."


class SecurityGroupRuleNotFound(exception.NotFound):
    message = "Security group rule {id} does not exist"


class ResourceNotFound(exception.NotFound):
    wire_name: ClassVar[str] = "HTTPNotFound"
    message = "The resource could not be found."


class NetworkInUse(exception.Conflict):
    message = (
        "Unable to complete operation on network {network_id}. There are one or more ports "
        "still in use on the network."
    )


class SubnetInUse(exception.Conflict):
    message = (
        "Unable to complete operation on subnet {subnet_id}: One or more ports have an IP "
        "allocation from this subnet."
    )


class GatewayIpInUse(exception.Conflict):
    wire_name: ClassVar[str] = "GatewayIpInUse"
    message = "Current gateway ip {address} already in use by port {port_id}. Unable to update."


class IpAddressInUse(exception.Conflict):
    wire_name: ClassVar[str] = "IpAddressAlreadyAllocated"
    message = "IP address {address} already allocated in subnet {subnet_id}"


class IpAddressGenerationFailure(exception.Conflict):
    message = "No more IP addresses available on network {network_id}."


class MacAddressInUse(exception.Conflict):
    message = (
        "Unable to complete operation for network {network_id}. The mac address {mac} is in use."
    )


class SecurityGroupInUse(exception.Conflict):
    message = "Security Group {id} in use."


class SecurityGroupCannotRemoveDefault(exception.Conflict):
    message = "Insufficient rights for removing default security group."


class SecurityGroupDefaultAlreadyExists(exception.Conflict):
    message = "Default security group already exists."


class SecurityGroupRuleExists(exception.Conflict):
    message = "Security group rule already exists. Rule id is {id}."


class PortSecurityConflict(exception.Conflict):
    wire_name: ClassVar[str] = "PortSecurityPortHasSecurityGroup"
    message = "Port has security group associated. Cannot disable port security."


class PortSecurityOff(exception.Conflict):
    wire_name: ClassVar[str] = "PortSecurityAndIPRequiredForSecurityGroups"
    message = "Port security must be enabled in order to have security groups or address pairs."


class AvailabilityZoneNotFound(exception.NotFound):
    message = "AvailabilityZone {zone} could not be found."


class TunnelIdInUse(exception.Conflict):
    message = "Unable to create the network. The tunnel ID {tunnel_id} is in use."


class ServicePortInUse(exception.Conflict):
    message = "Port {port_id} cannot be deleted directly via the port API: {reason}."


class PortInUse(exception.Conflict):
    message = (
        "Unable to complete operation on port {port_id} for network {network_id}. Port already "
        "has an attached device {device_id}."
    )


class InUse(exception.Conflict):
    """``wire_name`` is given when raised: the reference has one class for each resource."""

    def __init__(self, wire_name: str, text: str) -> None:
        super().__init__(text)
        self.wire_name = wire_name


class Missing(exception.NotFound):
    """As InUse, for what cannot be found."""

    def __init__(self, wire_name: str, text: str) -> None:
        super().__init__(text)
        self.wire_name = wire_name


class BadRequest(exception.InvalidInput):
    """``Bad router request: ...`` and the like."""

    wire_name: ClassVar[str] = "BadRequest"
    message = "Bad {resource} request: {reason}."


class InvalidRoutes(exception.InvalidInput):
    message = "Invalid format for routes: {routes}, {reason}"


class RevisionMismatch(exception.Conflict):
    code = 412
    wire_name: ClassVar[str] = "RevisionNumberConstraintFailed"
    message = "Constrained to {expected}, but current revision is {current}."


class QuotaExceeded(exception.OverQuota):
    """The network API answers 409 where the compute API answers 403."""

    code = 409
    wire_name: ClassVar[str] = "OverQuota"
    message = "Quota exceeded for resources: ['{resource}']."
