"""The files of a text dump: of a ZIP, a folder, or one file; nothing is ever unpacked onto the disk."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: A text larger than this is none: the largest of the known dump has 208,447 bytes.
MOST_BYTES = 16 << 20
#: All texts of a dump together.
MOST_IN_ALL = 8 << 30
#: A member that unpacks to more than so many times its size is a bomb.
MOST_RATIO = 200
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_UNICODE_PATH = 0x7075
_SUFFIXES = (".txt", ".text", ".md")


@dataclass(slots=True)
class Skipped:
    """What was left out of a dump, counted by reason, with one example each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def note(self, reason: str, example: str) -> None:
        self.counts[reason] += 1
        self.examples.setdefault(reason, example)


def texts(path: Path, skipped: Skipped) -> Iterator[tuple[str, bytes]]:
    """Path inside the dump and octets of every text, in the order of the dump. Memory: one text at a time.

    Args:
        path: A ZIP, a folder, or one text.
        skipped: Told what is left out.

    Raises:
        zipfile.BadZipFile: The ZIP has no table of contents that can be read.
    """
    if path.is_dir():
        yield from _of_folder(path, skipped)
    elif zipfile.is_zipfile(path):
        yield from _of_zip(path, skipped)
    elif path.stat().st_size > MOST_BYTES:
        skipped.note("larger than a text can be", path.name)
    else:
        yield path.name, path.read_bytes()


def _of_folder(path: Path, skipped: Skipped) -> Iterator[tuple[str, bytes]]:
    for file in sorted(path.rglob("*")):
        name = _spelled(os.fsencode(file.relative_to(path))) or "?"
        if file.is_symlink():
            skipped.note("a link to somewhere else", name)
        elif not file.is_file() or _is_furniture(name):
            continue
        elif not name.lower().endswith(_SUFFIXES):
            skipped.note(f"no text: *{file.suffix.lower()}", name)
        elif file.stat().st_size > MOST_BYTES:
            skipped.note("larger than a text can be", name)
        else:
            yield name, file.read_bytes()


def _of_zip(path: Path, skipped: Skipped) -> Iterator[tuple[str, bytes]]:
    left = MOST_IN_ALL
    seen: set[int] = set()
    with zipfile.ZipFile(path) as package:
        for member in package.infolist():
            name = inner_path(name_of(member))
            if member.is_dir() or _is_furniture(name):
                continue
            reason = _refusal(member, name, seen)
            if reason is None:
                try:
                    with package.open(member) as file:
                        data = file.read(MOST_BYTES + 1)
                except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
                    reason = f"damaged: {str(error).split(' for file ')[0][:80]}"
                else:
                    left -= len(data)
                    if left < 0:
                        skipped.note(f"behind the first {MOST_IN_ALL >> 30} GiB of texts", name)
                        return
                    if len(data) <= MOST_BYTES:
                        yield name, data
                        continue
                    reason = "larger than a text can be"
            skipped.note(reason, name)


def _refusal(member: zipfile.ZipInfo, name: str, seen: set[int]) -> str | None:
    if not name.lower().endswith(_SUFFIXES):
        return f"no text: *.{name.rpartition('.')[2].lower()[:10]}" if "." in name else "no text"
    if member.flag_bits & _ENCRYPTED:
        return "encrypted"
    if member.file_size > MOST_BYTES:
        return "larger than a text can be"
    if member.file_size > 1 << 20 and member.file_size > MOST_RATIO * max(1, member.compress_size):
        return "packed too tightly to be a text"
    if member.header_offset in seen:
        return "lies on top of another file"
    seen.add(member.header_offset)
    return None


def _is_furniture(name: str) -> bool:
    """What file managers leave behind."""
    base = name.rpartition("/")[2]
    return name.startswith("__MACOSX/") or base.startswith("._") or base in (".DS_Store", "Thumbs.db", "desktop.ini")


def inner_path(name: str) -> str:
    """A member's path as it is shown: separators `/`, no step upwards, no drive."""
    parts = name.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..") and not part.endswith(":"))


def name_of(member: zipfile.ZipInfo) -> str:
    """A member's name. Without the UTF-8 flag it is in the packer's own charset: UTF-8 or GBK, as it turns out."""
    if member.flag_bits & _UTF8_NAME:
        return member.filename
    if (unicode_path := _unicode_path(member)) is not None:
        return unicode_path
    return _spelled(member.orig_filename.encode("cp437", "replace")) or member.filename


def _spelled(octets: bytes) -> str | None:
    """A file name whose charset nobody noted."""
    for charset in ("utf-8", "gb18030"):
        try:
            return octets.decode(charset)
        except UnicodeDecodeError:
            continue
    return None


def _unicode_path(member: zipfile.ZipInfo) -> str | None:
    """Info-ZIP's extra field, if it is of this name."""
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == _UNICODE_PATH and size > 5:
            (check,) = struct.unpack("<I", extra[5:9])
            if check == zlib.crc32(member.orig_filename.encode("cp437", "replace")):
                return extra[9 : 4 + size].decode("utf-8", "replace")
        extra = extra[4 + size :]
    return None
