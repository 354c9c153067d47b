"""The fixity ledger: the sha256 of every finished WARC, from the moment it was finished or first seen whole.

`manifest-sha256.txt` in the collection's folder has one line a file, as in BagIt (RFC 8493, 2.1.3), so that
`sha256sum -c` reads it. Lines are only ever appended: a file that changed is reported and its line stays, until
`mirror verify --repair-from` mends it.
`fixity.json` beside it says when each file was last verified.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_LINE = re.compile(r"([0-9a-fA-F]{64})  ?\*?(\S.*)")


@dataclass(slots=True)
class Manifest:
    """What the ledger says.

    Attributes:
        digests: sha256 in hex by path within the collection.
        oddities: Lines that are none, and lines that contradict an earlier one, in words.
    """

    digests: dict[str, str] = field(default_factory=dict)
    oddities: list[str] = field(default_factory=list)


def manifest_path(collection: Path) -> Path:
    return collection / "manifest-sha256.txt"


def read(collection: Path) -> Manifest:
    """The ledger of a collection's folder; empty if there is none yet."""
    manifest = Manifest()
    try:
        text = manifest_path(collection).read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return manifest
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.fullmatch(line)
        if found is None:
            if line.strip():
                manifest.oddities.append(f"line {number} is {line[:80]!r}")
            continue
        known = manifest.digests.setdefault(found[2], found[1].lower())
        if known != found[1].lower():
            manifest.oddities.append(f"line {number} gives {found[2]} another digest than an earlier line")
    return manifest


def take_up(collection: Path, digests: Mapping[str, str]) -> None:
    """Append files to the ledger. Files it knows are left as they are, whatever their digest is now."""
    known = read(collection).digests
    lines = "".join(f"{digest}  {name}\n" for name, digest in digests.items() if name not in known)
    if not lines:
        return
    path = manifest_path(collection)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            lines = "\n" + lines  # a kill tore the last line
        os.write(descriptor, lines.encode("utf-8"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def take_up_file(collection: Path, path: Path) -> None:
    """Append one file that has just been finished."""
    name = path.relative_to(collection).as_posix()
    if name not in read(collection).digests:
        with path.open("rb") as file:
            take_up(collection, {name: hashlib.file_digest(file, "sha256").hexdigest()})


def replace(collection: Path, name: str, digest: str, aside: Path) -> None:
    """Give a file another digest: it was mended with other bytes. The ledger as it was is kept in `aside`."""
    path = manifest_path(collection)
    held = read(collection).digests
    if path.exists():
        kept = aside / f"{path.name}.before-{Path(name).name}"
        kept.write_bytes(path.read_bytes())
    held[name] = digest
    partial = path.with_name(path.name + ".part")
    with partial.open("w", encoding="utf-8") as file:
        file.writelines(f"{value}  {key}\n" for key, value in held.items())
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def last_verified(collection: Path) -> dict[str, dict[str, Any]]:
    """By path within the collection: sha256, size, and when it was first and last found so."""
    try:
        held = json.loads((collection / "fixity.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}


def note_verified(collection: Path, files: Iterable[tuple[str, str, int]], now: str) -> None:
    """Files, by path, sha256 and size, were found unchanged at `now`."""
    held = last_verified(collection)
    for name, sha256, size in files:
        first = held.get(name, {}).get("first_verified", now)
        held[name] = {"sha256": sha256, "size": size, "first_verified": first, "last_verified": now}
    path = collection / "fixity.json"
    partial = path.with_name("fixity.json.part")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(held, file, ensure_ascii=False, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
