"""Errors of the volume API v3, in its own words, that other services never raise."""

from novalite import exception


class VolumeMetadataNotFound(exception.NotFound):
    message = "Volume {volume_id} has no metadata with key {key}."


class SnapshotMetadataNotFound(exception.NotFound):
    message = "Snapshot {snapshot_id} has no metadata with key {key}."


class ImageMetadataNotFound(exception.NotFound):
    message = "Metadata not found."


class ImageUnreadable(exception.Invalid):
    message = "Invalid image identifier or unable to access requested image."


class InvalidSnapshot(exception.Invalid):
    message = "Invalid snapshot: {reason}"


class InvalidMetadata(exception.Invalid):
    message = "Invalid metadata: {reason}"


class MetadataTooLong(exception.NovaliteError):
    code = 413
    message = "Invalid metadata size: {reason}"


class InvalidAttachment(exception.Invalid):
    message = "{reason}"


class VolumeConflict(exception.Conflict):
    message = "{reason}"


class OverLimit(exception.OverQuota):
    """The volume API answers 413 where the compute API answers 403."""

    code = 413
    message = "{reason}"


class BackendFailed(exception.NovaliteError):
    """A store could not do what it was asked; its text is for the log, not for the client."""

    message = "{what} failed: {reason}"


class BackendBusy(exception.DependencyUnavailable):
    """Somebody has a volume's data open; worth a retry."""

    message = "The store is busy: {reason}"


class ManagedAlready(exception.Invalid):
    message = "Unable to manage existing volume. {name} is gone or managed already."


class InUseByServer(exception.Conflict):
    message = "Detach volume from instance {instance_id} using the Compute API"
