"""Domain errors. Each knows the HTTP code that a client sees and its message's shape.

A raised error is turned into a fault in one place, ``novalite.wsgi.faults``; no controller
lists the errors that it may meet. Over RPC an error travels by class name and keyword
arguments and is raised again, as the same class, at the caller.
"""

from typing import Any, ClassVar


class NovaliteError(Exception):
    """The root. ``code`` is the HTTP status; ``message`` is formatted with the keywords.

    ``headers`` of an instance are added to the HTTP answer (``Retry-After`` for instance).
    An unexpected 500 never shows its text to a client; errors below 500 always do.
    """

    code: ClassVar[int] = 500
    message: ClassVar[str] = "An unknown exception occurred."

    def __init__(self, message: str | None = None, **kwargs: Any) -> None:
        self.kwargs = kwargs
        self.headers: dict[str, str] = {}
        self.text = message if message is not None else self.message.format(**kwargs)
        super().__init__(self.text)

    def __str__(self) -> str:
        return self.text


# ---- 400 -------------------------------------------------------------------


class Invalid(NovaliteError):
    code = 400
    message = "Bad request"


class ValidationError(Invalid):
    message = "{detail}"


class InvalidInput(Invalid):
    message = "Invalid input received: {reason}"


class MarkerNotFound(Invalid):
    message = "marker [{marker}] not found"


class FlavorDisabled(Invalid):
    message = "Flavor {flavor_id} is disabled."


class ImageNotActive(Invalid):
    message = "Image {image_id} is not active."


class FlavorDiskTooSmall(Invalid):
    message = (
        "Flavor's disk is too small for requested image. Flavor disk is {flavor_size} bytes, "
        "image is {image_size} bytes."
    )


class FlavorDiskSmallerThanMinDisk(Invalid):
    message = (
        "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk "
        "is {flavor_size} bytes, minimum size is {min_disk} bytes."
    )


class FlavorMemoryTooSmall(Invalid):
    message = "Flavor's memory is too small for requested image."


class InvalidImageProperty(Invalid):
    message = "Invalid image metadata. Error: {reason}"


class ImageUnacceptable(Invalid):
    message = "Image {image_id} is unacceptable: {reason}"


class UserDataTooLarge(Invalid):
    message = (
        "User data too large. User data must be no larger than {maxsize} bytes once base64 "
        "encoded. Your data is {length} bytes"
    )


class UserDataMalformed(Invalid):
    message = "User data needs to be valid base 64."


class InvalidBDM(Invalid):
    message = "Block Device Mapping is Invalid: {reason}"


class InvalidDevicePath(Invalid):
    message = "The supplied device path ({path}) is invalid."


class MultiattachNotSupportedOldMicroversion(Invalid):
    message = "Volume multiattach is only supported starting with compute API version 2.60."


class VolumeSmallerThanMinDisk(Invalid):
    message = (
        "Volume is smaller than the minimum size specified in image metadata. Volume size is "
        "{volume_size} bytes, minimum size is {image_min_disk} bytes."
    )


class InvalidVolume(Invalid):
    message = "Invalid volume: {reason}"


class NetworkUnusable(Invalid):
    message = "{reason}"


class AggregateUnchanged(Invalid):
    message = "Cannot {action} aggregate {aggregate_id}. Reason: {reason}."


class UnacceptableParameters(Invalid):
    message = "{reason}"


# ---- 401, 403 --------------------------------------------------------------


class Unauthorized(NovaliteError):
    code = 401
    message = "The request you have made requires authentication."


class Forbidden(NovaliteError):
    code = 403
    message = "Forbidden"


class PolicyNotAuthorized(Forbidden):
    message = "Policy doesn't allow {action} to be performed."


class VolumeRequiredForZeroDiskFlavor(Forbidden):
    message = "Only volume-backed servers are allowed for flavors with zero disk."


class OverQuota(Forbidden):
    message = "Quota exceeded for resources: {overs}"


class TooManyInstances(OverQuota):
    message = (
        "Quota exceeded for {overs}: Requested {req}, but already used {used} of {allowed} {overs}"
    )


class KeypairLimitExceeded(OverQuota):
    message = "Quota exceeded, too many key pairs."


class MetadataLimitExceeded(OverQuota):
    message = "Maximum number of metadata items exceeds {allowed}"


class InjectedFileLimitExceeded(OverQuota):
    message = "Personality file limit exceeded"


class PortLimitExceeded(OverQuota):
    message = "Maximum number of ports exceeded"


class ServerGroupLimitExceeded(OverQuota):
    message = "Quota exceeded, too many server groups."


class ServerGroupMemberLimitExceeded(OverQuota):
    message = "Quota exceeded, too many servers in group"


# ---- 404 -------------------------------------------------------------------


class NotFound(NovaliteError):
    code = 404
    message = "Resource could not be found."


class InstanceNotFound(NotFound):
    message = "Instance {instance_id} could not be found."


class BuildRequestNotFound(NotFound):
    message = "BuildRequest not found for instance {uuid}"


class InstanceMappingNotFound(NotFound):
    message = "Instance {uuid} has no mapping to a cell."


class CellMappingNotFound(NotFound):
    message = "Cell {uuid} has no mapping."


class RequestSpecNotFound(NotFound):
    message = "RequestSpec not found for instance {instance_uuid}"


class FlavorNotFound(NotFound):
    message = "Flavor {flavor_id} could not be found."


class FlavorExtraSpecsNotFound(NotFound):
    message = "Flavor {flavor_id} has no extra specs with key {key}."


class FlavorAccessNotFound(NotFound):
    message = "Flavor access not found for {flavor_id} / {project_id} combination."


class KeypairNotFound(NotFound):
    message = "Keypair {name} not found for user {user_id}"


class ImageNotFound(NotFound):
    message = "Image {image_id} could not be found."


class NetworkNotFound(NotFound):
    message = "Network {network_id} could not be found."


class PortNotFound(NotFound):
    message = "Port id {port_id} could not be found."


class SecurityGroupNotFound(NotFound):
    message = "Security group {security_group_id} not found."


class VolumeNotFound(NotFound):
    message = "Volume {volume_id} could not be found."


class VolumeBDMNotFound(NotFound):
    message = "No volume Block Device Mapping with id {volume_id}."


class SnapshotNotFound(NotFound):
    message = "Snapshot {snapshot_id} could not be found."


class VolumeTypeNotFound(NotFound):
    message = "Volume type {volume_type_id} could not be found."


class VolumeAttachmentNotFound(NotFound):
    message = "Volume attachment could not be found with filter: attachment_id = {attachment_id}."


class ComputeHostNotFound(NotFound):
    message = "Compute host {host} could not be found."


class ServiceNotFound(NotFound):
    message = "Service {service_id} could not be found."


class HostMappingNotFound(NotFound):
    message = "Host '{name}' is not mapped to any cell"


class InstanceGroupNotFound(NotFound):
    message = "Instance group {group_uuid} could not be found."


class AggregateNotFound(NotFound):
    message = "Aggregate {aggregate_id} could not be found."


class AggregateHostNotFound(NotFound):
    message = "Aggregate {aggregate_id} has no host {host}."


class ActionNotFound(NotFound):
    message = "Action for request_id {action_id} on instance {instance_uuid} could not be found."


# ---- 409 -------------------------------------------------------------------


class Conflict(NovaliteError):
    code = 409
    message = "Conflict"


class FlavorExists(Conflict):
    message = "Flavor with name {name} already exists."


class FlavorIdExists(Conflict):
    message = "Flavor with ID {flavor_id} already exists."


class FlavorAccessExists(Conflict):
    message = (
        "Flavor access already exists for flavor {flavor_id} and project {project_id} combination."
    )


class AggregateNameExists(Conflict):
    message = "Aggregate {aggregate_name} already exists."


class AggregateHostExists(Conflict):
    message = "Aggregate {aggregate_id} already has host {host}."


class AggregateHostRefused(Conflict):
    message = "Cannot {action} host {host} in aggregate {aggregate_id}. Reason: {reason}."


class KeyPairExists(Conflict):
    message = "Key pair '{key_name}' already exists."


class InstanceInvalidState(Conflict):
    message = "Cannot '{method}' instance {instance_uuid} while it is in {attr} {state}"


class InstanceIsLocked(Conflict):
    message = "Instance {instance_uuid} is locked"


class InstanceNotReady(Conflict):
    message = "Instance {instance_uuid} is not ready"


class ServerHostDown(Conflict):
    message = "Service is unavailable at this time."


class InstanceExists(Conflict):
    message = "Instance {name} already exists."


class DevicePathInUse(Conflict):
    message = "The supplied device path ({path}) is in use."


class PortInUse(Conflict):
    message = "Port {port_id} is still in use."


class PortNotFree(Conflict):
    message = "No free port available for instance {instance}."


class NetworkAmbiguous(Conflict):
    message = (
        "More than one possible network found. Specify network ID(s) to select which one(s) to "
        "connect to."
    )


class NoUniqueMatch(Conflict):
    message = "No Unique Match Found."


class UnexpectedTaskState(Conflict):
    """A compare-and-swap on an instance's state found another state than expected."""

    message = "Conflict updating instance {instance_uuid}. Expected: {expected}. Actual: {actual}"


class UnexpectedDeletingTaskState(UnexpectedTaskState):
    """The compare-and-swap lost against a delete: stop what you do, quietly."""


class IdempotencyKeyReused(Conflict):
    message = "Idempotency-Key {key} was used before with a different request body."


# ---- 501, 503 --------------------------------------------------------------


class NotSupported(NovaliteError):
    code = 501
    message = "This operation is not supported."


class DependencyUnavailable(NovaliteError):
    """A database, broker, hypervisor or neighbour does not answer; worth a retry."""

    code = 503
    message = "Service is unavailable at this time: {reason}"


class DatabaseUnavailable(DependencyUnavailable):
    message = "The database is unavailable at this time. Please try again."


class MessagingUnavailable(DependencyUnavailable):
    message = "The message broker is unavailable at this time. Please try again."


class HypervisorUnavailable(DependencyUnavailable):
    message = "Connection to the hypervisor is broken on host: {host}"


class ComputeServiceUnavailable(DependencyUnavailable):
    message = "Compute service of {host} is unavailable at this time."


# ---- inside: between scheduler, conductor and compute ----------------------


class NoValidHost(NovaliteError):
    """``reason`` names each filter with the number of hosts it left (design: section 4)."""

    message = "No valid host was found. {reason}"


class MaxRetriesExceeded(NoValidHost):
    message = "Exceeded maximum number of retries. {reason}"


class ClaimFailed(NovaliteError):
    message = "Insufficient compute resources on host {host}: {reason}."


class RescheduledException(NovaliteError):
    """This host could not build the instance; another may."""

    message = "Build of instance {instance_uuid} was re-scheduled: {reason}"


class BuildAbort(NovaliteError):
    """The build failed in a way in which no other host would do better."""

    message = "Build of instance {instance_uuid} aborted: {reason}"


class VolumeNotCreated(NovaliteError):
    """A volume that was made for a server did not become available."""

    message = (
        "Volume {volume_id} did not finish being created even after we waited {seconds} seconds. "
        "And its status is {volume_status}."
    )


class DeviceDetachFailed(NovaliteError):
    message = "Device detach failed for {device}: {reason}"


class InstanceNotOnHost(NovaliteError):
    message = "Instance {instance_uuid} has no guest on this host."


class PortBindingFailed(NovaliteError):
    """The network service cannot provide the port on this host; another may do."""

    message = "Binding failed for port {port_id}, please check the network service's logs."


class ImageDownloadFailed(NovaliteError):
    """What arrived on this host is not the image; another host may have more luck."""

    message = "Image {image_id} could not be fetched: {reason}"
