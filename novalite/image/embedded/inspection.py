"""Is the data what it claims to be, and is it safe to hand to a hypervisor?

A disk image is a program's input: a qcow2 whose header names a backing file makes QEMU read that
file of the host. So what is uploaded is inspected while it streams by, and nothing else is ever
believed about its format.
"""

from collections.abc import Iterable, Iterator

from oslo_utils.imageutils import format_inspector

from novalite import exception

# A kernel, a ramdisk, a file system for them: contents that no hypervisor parses as a disk image.
NOT_INSPECTED = ("aki", "ari", "ami")

# What may be found in data of a declared format. An ISO made to boot from a USB stick is also a
# partitioned disk; a partition table is what raw disks have.
_FOUND_IN = {
    "raw": ({"raw"}, {"gpt"}),
    "iso": ({"iso"}, {"iso", "gpt"}),
}

_WHY = {
    "backing_file": "it has a backing file",
    "data_file": "it has an external data file",
    "unknown_features": "it uses features that are not known to be safe",
    "descriptor": "its VMDK descriptor is not of a self-contained disk",
    "footer": "its VMDK footer contradicts its header",
}


class Inspection:
    """``watch`` hands the chunks on; ``finish`` gives the virtual size in bytes.

    Both raise InvalidInput for data that are refused, the former as soon as this is sure.
    """

    def __init__(self, disk_format: str) -> None:
        self._declared = disk_format
        self._wrapper: format_inspector.InspectWrapper | None = None
        self._size = 0

    def watch(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        source: Iterator[bytes] = iter(chunks)
        if self._declared not in NOT_INSPECTED:
            expected = None if self._declared == "raw" else self._declared
            self._wrapper = format_inspector.InspectWrapper(source, expected)  # type: ignore[arg-type]
            source = self._wrapper
        while True:
            try:
                chunk = next(source, None)
            except (exception.NovaliteError, OSError):
                raise  # of the source
            except Exception as e:  # a parser may stumble over anything
                raise self._mismatch() from e
            if chunk is None:
                return
            self._size += len(chunk)
            yield chunk

    def finish(self) -> int:
        """After the last chunk."""
        if self._wrapper is None:
            return self._size
        matches = self._wrapper.formats or []
        found = {str(match) for match in matches}
        if found not in _FOUND_IN.get(self._declared, ({self._declared},)):
            raise self._mismatch(found)
        if self._declared in ("raw", "iso"):
            return self._size  # plain sectors: they name no other file
        inspector = matches[0]
        try:
            inspector.safety_check()
            return inspector.virtual_size
        except format_inspector.SafetyCheckFailed as e:
            reasons = " and ".join(_WHY.get(name, str(why)) for name, why in e.failures.items())
            raise exception.InvalidInput(
                reason=f"the {self._declared} image is refused because {reasons}"
            ) from e
        except format_inspector.ImageFormatError as e:
            raise exception.InvalidInput(
                reason=f"the {self._declared} image is damaged: {e}"
            ) from e

    def _mismatch(self, found: set[str] | None = None) -> exception.InvalidInput:
        what = f"; it looks like {', '.join(sorted(found))}" if found else ""
        return exception.InvalidInput(
            reason=f"Image content does not match its disk_format {self._declared}{what}"
        )
