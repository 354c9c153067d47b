"""A home and its collections: where everything lies on disk, in pywb's own layout."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mirror import config
from mirror.config import CollectionConfig
from mirror.errors import MirrorError, UsageError
from mirror.store.database import Database

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection of a home. Nothing in it names its own absolute path, so it can be moved anywhere.

    Attributes:
        home: The folder pywb's `wayback` is started in.
        name: Lower-case letters, digits, `-` and `_`.
    """

    home: Path
    name: str

    @property
    def path(self) -> Path:
        return self.home / "collections" / self.name

    @property
    def archive(self) -> Path:
        return self.path / "archive"

    @property
    def index(self) -> Path:
        return self.path / "indexes" / "index.cdxj"

    @property
    def reports(self) -> Path:
        return self.path / "reports"

    @property
    def config_path(self) -> Path:
        return self.path / "mirror.toml"

    @property
    def database_path(self) -> Path:
        return self.path / "mirror.db"

    @classmethod
    def create(cls, home: Path, name: str, settings: CollectionConfig) -> Collection:
        """Make the folders and write `mirror.toml`. Raises UsageError if the collection is there already."""
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"collection name {name!r}: use up to 64 lower-case letters a-z, digits, '-' and '_', "
                f"beginning with a letter or digit, for example 'shandong'"
            )
        collection = cls(home, name)
        if collection.config_path.exists():
            raise UsageError(f"collection {name!r} is already in {home}; choose another name, or crawl it")
        for folder in (collection.archive, collection.index.parent, collection.reports):
            folder.mkdir(parents=True, exist_ok=True)
        collection.config_path.write_text(config.dump(settings), encoding="utf-8")
        collection.database().close()
        return collection

    @classmethod
    def open(cls, home: Path, name: str) -> Collection:
        """The collection of that name. Raises UsageError, naming those there are, if there is none."""
        collection = cls(home, name)
        if not _NAME.fullmatch(name) or not collection.path.is_dir():
            others = ", ".join(item.name for item in cls.all(home)) or "none"
            raise UsageError(
                f"no collection {name!r} in {home.resolve()} (there: {others}). Make it with "
                f"`mirror init {name} --source mse|chorography`, or name the home with --home or MIRROR_HOME"
            )
        for folder in (collection.archive, collection.index.parent, collection.reports):
            folder.mkdir(exist_ok=True)
        return collection

    @classmethod
    def all(cls, home: Path) -> list[Collection]:
        """Every collection of a home, by name."""
        found = sorted(home.glob("collections/*/mirror.toml"))
        return [cls(home, path.parent.name) for path in found]

    def config(self) -> CollectionConfig:
        """The settings. Raises UsageError with the place of any mistake."""
        return config.load(self.config_path)

    def database(self) -> Database:
        return Database(self.database_path)

    def warcs(self) -> list[Path]:
        """Finished WARC files in order of name, which is the order they were begun in."""
        return sorted(self.archive.glob("*.warc.gz"))

    def open_warcs(self) -> list[Path]:
        """WARC files that a crawl was writing and has not finished."""
        return sorted(self.archive.glob("*.warc.gz.open"))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Only one process writes to a collection at a time; the lock ends with the process, however it ends.

        Raises MirrorError, with the other's process id, if somebody else holds it.
        """
        descriptor = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
                raise MirrorError(
                    f"collection {self.name!r} is being written by process {holder}; "
                    f"wait until it has ended, or stop it with Ctrl-C or `kill {holder}`"
                ) from error
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(descriptor)
