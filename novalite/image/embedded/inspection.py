"""Is the data what it claims to be, and is it safe to hand to a hypervisor?

A disk image is a program's input: a qcow2 whose header names a backing file makes QEMU read that
file of the host. So what is uploaded is inspected while it streams by, and nothing else is ever
believed about its format.
"""

from collections.abc import Iterable, Iterator

from oslo_utils.imageutils import format_inspector

from novalite import disk_images, exception

# A kernel, a ramdisk, a file system for them: contents that no hypervisor parses as a disk image.
NOT_INSPECTED = ("aki", "ari", "ami")
PIECE = 256 * 1024  # bytes
# Archives: what is in them is nobody's disk as it is, so their bytes are not of the disk format.
ARCHIVES = ("ovf", "ova", "docker", "compressed")

# What may be found in data of a declared format. An ISO made to boot from a USB stick is also a
# partitioned disk; a partition table is what raw disks have.
_FOUND_IN = {
    "raw": ({"raw"}, {"gpt"}),
    "iso": ({"iso"}, {"iso", "gpt"}),
}


class Inspection:
    """``watch`` hands the chunks on; ``finish`` gives the virtual size in bytes, None where the
    data are an archive: that may be anything, but no disk image that is not safe.

    Both raise InvalidInput for data that are refused, the former as soon as this is sure.
    """

    def __init__(self, disk_format: str, container_format: str | None = None) -> None:
        self._declared = disk_format
        self._archive = container_format in ARCHIVES
        self._wrapper: format_inspector.InspectWrapper | None = None
        self._size = 0

    def watch(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        source: Iterator[bytes] = _pieces(chunks)
        if self._declared not in NOT_INSPECTED:
            expected = None if self._declared == "raw" or self._archive else self._declared
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

    def finish(self) -> int | None:
        """After the last chunk."""
        if self._wrapper is None:
            return None if self._archive else self._size
        matches = self._wrapper.formats or []
        found = {str(match) for match in matches}
        if self._archive:
            for match in matches:
                self._safe_size(match)
            return None
        if found not in _FOUND_IN.get(self._declared, ({self._declared},)):
            raise self._mismatch(found)
        return self._safe_size(matches[0])

    def _safe_size(self, inspector: format_inspector.FileInspector) -> int:
        """The virtual size. Raises InvalidInput."""
        if str(inspector) in disk_images.PLAIN:
            return self._size
        try:
            why = disk_images.why_unsafe(inspector)
            if why is None:
                return inspector.virtual_size
        except format_inspector.ImageFormatError as e:
            raise exception.InvalidInput(reason=f"the {inspector} image is damaged: {e}") from e
        raise exception.InvalidInput(reason=f"the {inspector} image is refused because {why}")

    def _mismatch(self, found: set[str] | None = None) -> exception.InvalidInput:
        what = f"; it looks like {', '.join(sorted(found))}" if found else ""
        return exception.InvalidInput(
            reason=f"Image content does not match its disk_format {self._declared}{what}"
        )


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Parsers look back no further than into the piece that they are given, and want several."""
    for chunk in chunks:
        if len(chunk) <= PIECE:
            yield chunk
            continue
        for start in range(0, len(chunk), PIECE):
            yield chunk[start : start + PIECE]
