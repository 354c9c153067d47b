"""Where an export goes: a file that is either whole or not there, or standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from mirror.errors import MirrorError


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
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("wb") as file:
            for piece in pieces:
                file.write(piece)
                count += piece.endswith(b"\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise MirrorError(f"{path}: {error.strerror or error}. Nothing was left half-written there") from error
    return count
