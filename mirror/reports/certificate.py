"""The certificate of coverage: what was expected, from which captured pages, and what is held; signed.

A folder of its own: `certificate.json` (the statement), `certificate.json.sig` (signature over its exact bytes, DER),
`certificate.pem` (public key), `held.tsv` (every entry held, with record, file and offset; its digest is in the
statement), `certificate.html` (the same for a person). OpenSSL verifies it without this program:

    openssl dgst -sha256 -verify certificate.pem -signature certificate.json.sig certificate.json
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mirror import __version__, signing
from mirror.collection import Collection
from mirror.errors import MirrorError, UsageError
from mirror.reports.page import render, write
from mirror.signing import SigningKey
from mirror.store.coverage import Coverage, contents_captures, coverage

#: Columns of held.tsv.
_COLUMNS = ("id", "text_digest", "url", "timestamp", "payload_digest", "record_id", "warc", "offset", "length")

#: Of a book's coverage: details that are in `mirror status --json`, and would make the statement long.
_LEFT_OUT = ("headings", "odd")


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of a certificate found. `problems` is empty if all is well."""

    statement: dict[str, Any]
    fingerprint: str | None
    problems: list[str]


def certify(collection: Collection, folder: Path, now: datetime) -> tuple[Coverage, Path]:
    """Write the certificate of a collection as it is now.

    Args:
        collection: Its home's key signs.
        folder: Made if it is not there; an older certificate in it is replaced.
        now: The time, in UTC.

    Returns:
        The coverage that was certified, and the path of the statement.

    Raises:
        MirrorError: A WARC file that the ledger knows captures in is not there, or not as long as it was.
    """
    key = SigningKey.of_home(collection.home)
    folder.mkdir(parents=True, exist_ok=True)
    database = collection.database()
    try:
        db = database.connection
        # One transaction: what is counted and what is listed are of the same instant, though a crawl goes on.
        db.execute("BEGIN")
        found = coverage(db, collection.archive)
        if lost := found.lost_files:
            raise MirrorError(
                f"{'; '.join(lost[:3])}{' …' if len(lost) > 3 else ''}. What is not there cannot be certified: run "
                f"`mirror verify {collection.name}`, and mend it with --repair-from COPY"
            )
        lines, digest = _write_held(db, folder / "held.tsv")
        config = collection.config()
        statement = {
            "kind": "coverage-certificate",
            "version": 2,
            "collection": collection.name,
            "source": config.source,
            "base_url": config.base_url,
            "operator": config.operator,
            "made": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "software": f"gazetteer-mirror/{__version__}",
            "complete": found.complete,
            "totals": found.totals(),
            "unanswered": found.unanswered,
            "waiting": found.waiting,
            "libraries": [
                {
                    "code": library.code,
                    "title": library.title,
                    "books": [
                        {
                            **{name: value for name, value in asdict(book).items() if name not in _LEFT_OUT},
                            "contents": _contents(db, library.code, book.number),
                        }
                        for book in library.books
                    ],
                }
                for library in found.libraries
            ],
            "held": {"file": "held.tsv", "entries": lines, "sha256": digest},
            "key": {
                "algorithm": "ECDSA P-384 with SHA-256",
                "public": key.public_pem,
                "fingerprint": key.fingerprint,
            },
        }
        db.execute("COMMIT")
    finally:
        database.close()
    octets = json.dumps(statement, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"
    path = folder / "certificate.json"
    write(folder / "certificate.pem", key.public_pem)
    write(folder / "certificate.html", render("certificate.html", statement=statement))
    write(path, octets)
    write(folder / "certificate.json.sig", key.sign(octets))
    return found, path


def check(path: Path) -> Checked:
    """Whether a certificate is as it was signed, and the list of what is held is the one it speaks of.

    Raises UsageError if it cannot be read.
    """
    path = path / "certificate.json" if path.is_dir() else path
    try:
        octets = path.read_bytes()
        signature = path.with_name(path.name + ".sig").read_bytes()
        statement = json.loads(octets)
        public, held = statement["key"]["public"], statement["held"]
        held_path = path.with_name(Path(held["file"]).name)
    except OSError as error:
        raise UsageError(
            f"{error.filename}: {error.strerror}. A certificate is a folder; keep its files together"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{path}: this is no certificate of coverage; name the file certificate.json") from None
    problems = []
    fingerprint = signing.verify(public, signature, octets)
    if fingerprint is None:
        problems.append("签名不符 the signature does not fit: the statement was altered after it was signed")
    if not held_path.is_file():
        problems.append(f"缺少 {held_path.name} is not there")
    elif _sha256(held_path) != held["sha256"]:
        problems.append(f"{held_path.name} 不是所证之单 is not the list that was certified")
    return Checked(statement, fingerprint, problems)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_PAGE = (
    "SELECT o.target, o.timestamp, newest.timestamp, o.record_id, o.payload_digest, w.name, o.offset, o.length "
    "FROM capture AS newest JOIN capture AS o ON o.id = coalesce(newest.original, newest.id) "
    "JOIN warc AS w ON w.id = o.warc_id WHERE newest.id = ?"
)


def _contents(db: sqlite3.Connection, library: str, number: int) -> list[dict[str, Any]]:
    """The captured pages the expected entries were read from: where their bytes lie, and when they were last so."""
    names = ("url", "timestamp", "last_seen", "record_id", "payload_digest", "warc", "offset", "length")
    return [
        dict(zip(names, db.execute(_PAGE, (capture,)).fetchone(), strict=True))
        for capture in contents_captures(db, library, number)
    ]


def _write_held(db: sqlite3.Connection, path: Path) -> tuple[int, str]:
    """Every entry held, a line each, in order. Returns how many, and the SHA-256 of the file in hex."""
    sha256, count = hashlib.sha256(), 0
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as file:
        for line in _held(db):
            octets = line.encode("utf-8")
            sha256.update(octets)
            file.write(octets)
            count += 1
    partial.replace(path)
    return count - 1, sha256.hexdigest()


def _held(db: sqlite3.Connection) -> Iterator[str]:
    yield "\t".join(_COLUMNS) + "\n"
    rows = db.cursor().execute(
        "SELECT e.library || '/' || e.book || '/' || e.rec, v.text_digest, o.target, o.timestamp, o.payload_digest, "
        "o.record_id, w.name, o.offset, o.length FROM entry AS e JOIN version AS v ON v.id = e.newest "
        "JOIN capture AS c ON c.id = v.capture JOIN capture AS o ON o.id = coalesce(c.original, c.id) "
        "JOIN warc AS w ON w.id = o.warc_id ORDER BY e.library, e.book, e.rec"
    )
    for row in rows:
        yield "\t".join(map(str, row)) + "\n"
