"""Where an export goes: a file or folder that is either whole or not there, or standard output."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mirror.errors import MirrorError, UsageError


def write(path: Path, pieces: Iterable[bytes]) -> int:
    """Write pieces to `path`, or to standard output if it is `-`. Returns how many lines that made.

    A file appears under its name only when it is whole and on the disk; what stood there before stays until
    then.

    Raises:
        MirrorError: It could not be written.
    """
    count = 0
    if str(path) == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
            count += piece.endswith(b"\n")
        sys.stdout.buffer.flush()
        return count
    with whole_file(path) as file:
        for piece in pieces:
            file.write(piece)
            count += piece.endswith(b"\n")
    return count


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A new file, seekable, that takes its name when the block ends without an error; else nothing is left.

    Raises:
        UsageError: The path is `-`, or a folder.
        MirrorError: It could not be written.
    """
    if str(path) == "-":
        raise UsageError("-o -: this export cannot be written to standard output; name a new file for it")
    if path.is_dir():
        raise UsageError(f"{path}: is a folder. Name a file in it")
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise _failed(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A new folder that takes its name when the block ends without an error; else nothing is left.

    Raises:
        UsageError: Something is there already.
        MirrorError: It could not be written.
    """
    if str(path) == "-":
        raise UsageError("-o -: this export is several files; name a new folder for it")
    path = Path(os.path.normpath(path))
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise UsageError(f"{path}: is there already. Name a new folder, or move that one away first")
    partial = None
    try:
        partial = Path(tempfile.mkdtemp(prefix=f".{path.name}-", suffix=".part", dir=path.parent))
        partial.chmod(0o755)
        yield partial
        partial.replace(path)
    except OSError as error:
        raise _failed(path, error) from error
    finally:
        if partial is not None and partial.exists():
            shutil.rmtree(partial)


def read(path: Path) -> Iterator[bytes]:
    """A file in pieces."""
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def sha256_of(path: Path) -> str:
    """The digest of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _failed(path: Path, error: OSError) -> MirrorError:
    return MirrorError(f"{error.filename or path}: {error.strerror or error}. Nothing was left half-written")
