"""The package itself: members written one after the other, each with its digest, described and signed at the end."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import IO, Any, Self

from warc.wacz.signature import Signer

VERSION = "1.1.1"  #: py-wacz 0.6 refuses every other (CONFORMANCE Z3)
_DATAPACKAGE = "datapackage.json"
#: The earliest time a ZIP can say: the same members give the same bytes whenever they are packed.
_NO_DATE = (1980, 1, 1, 0, 0, 0)
#: An extended timestamp that gives no time, in each header. Where the central directory has no extra field, wabac.js
#: 2.27 takes it that the member's own header has none either, and reads the ZIP64 sizes there as data (measured).
_EXTRA = struct.pack("<HHB", 0x5455, 1, 0)


@dataclass(frozen=True, slots=True)
class Resource:
    """One member, as datapackage.json lists it."""

    name: str  #: unique in its package, lower-case ASCII
    path: str
    hash: str  #: `sha256:` and hex
    bytes: int


class Package:
    """A WACZ being written to a file. Memory stays flat whatever its size.

    Args:
        file: Binary, seekable, empty.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._resources: list[Resource] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def add(self, path: str, pieces: Iterable[bytes], *, deflate: bool = False) -> Resource:
        """Write a member and list it.

        Args:
            path: Below `archive/`, `indexes/`, `pages/`, or one other folder.
            pieces: Its octets.
            deflate: Only for text: WARC files and `*.gz` must be stored, so that readers can seek in them.
        """
        sha256, size = hashlib.sha256(), 0
        with self._zip.open(_member(path, deflate), "w", force_zip64=True) as member:
            for piece in pieces:
                sha256.update(piece)
                size += len(piece)
                member.write(piece)
        resource = Resource(self._free_name(path), path, f"sha256:{sha256.hexdigest()}", size)
        self._resources.append(resource)
        return resource

    def finish(self, about: Mapping[str, Any], created: str, software: str, signer: Signer | None) -> None:
        """Write datapackage.json and datapackage-digest.json; nothing can be added afterwards.

        Args:
            about: `title`, `description`, `mainPageUrl` and so on.
            created: RFC 3339, UTC, to the second.
            software: Who made it.
            signer: None leaves the package unsigned.
        """
        described = {
            "profile": "data-package",
            "wacz_version": VERSION,
            "created": created,
            "modified": created,
            "software": software,
            **about,
            "resources": [asdict(resource) for resource in self._resources],
        }
        datapackage = _json(described)
        digest = f"sha256:{hashlib.sha256(datapackage).hexdigest()}"
        stated: dict[str, Any] = {"path": _DATAPACKAGE, "hash": digest}
        if signer is not None:
            stated["signedData"] = signer.sign(digest, created, software)
        self._zip.writestr(_member(_DATAPACKAGE, True), datapackage)
        self._zip.writestr(_member("datapackage-digest.json", True), _json(stated))

    def _free_name(self, path: str) -> str:
        name = re.sub(r"[^a-z0-9._-]+", "-", path.rpartition("/")[2].lower())
        taken = {resource.name for resource in self._resources}
        free, number = name, 2
        while free in taken:
            free, number = f"{number}-{name}", number + 1
        return free


def _member(path: str, deflate: bool) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _NO_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    info.external_attr = 0o644 << 16
    info.extra = _EXTRA
    return info


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")
