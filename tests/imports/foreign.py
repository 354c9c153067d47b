"""The imitation, archived by other tools; and what a collection knows, whatever the order it was told in."""

from __future__ import annotations

import gzip
import io
import json
import re
import sqlite3
import subprocess
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator

from mirror.imitation import Corpus, ImitationServer
from mirror.sites import open_site


@dataclass(frozen=True)
class Wget:
    """What wget made of one book of the imitation."""

    root: str  #: of the server, that is gone
    path: Path  #: the `.warc.gz`
    entries: int
    plain: bytes  #: the same records, uncompressed


def wget(folder: Path, dialect: str, corpus: Corpus, library: str = "ch9", book: int = 1) -> Wget:
    """Archive one book with wget: its links are scripts, so every URL is given."""
    folder.mkdir(parents=True, exist_ok=True)
    with ImitationServer(corpus, dialect) as server:  # type: ignore[arg-type]
        site = open_site(dialect, server.url)
        found = corpus.book(library, book)
        assert found is not None
        count = len(corpus.headings(found))
        urls = [site.library_link(library).url, site.list_link(library, book).url]
        urls += [site.entry_link(library, book, rec).url for rec in range(1, count + 1)]
        (folder / "urls").write_text("\n".join(urls), encoding="ascii")
        subprocess.run(
            ["wget", "-q", "--no-warc-keep-log", f"--warc-file={folder / 'wget'}", "-i", "urls", "-O", "pages"],
            cwd=folder,
            check=True,
            timeout=60,
        )
        root = server.url
    path = folder / "wget.warc.gz"
    return Wget(root, path, count, gzip.decompress(path.read_bytes()))


def as_arc(path: Path) -> bytes:
    """The responses of a WARC as an ARC file, one gzip member a record."""
    members = []
    description = b"1 0 IA\nURL IP-address Archive-date Content-type Archive-length\n"
    members.append(b"filedesc://a.arc 0.0.0.0 20210203040506 text/plain %d\n%s\n" % (len(description), description))
    with path.open("rb") as file:
        for record in ArchiveIterator(file, no_record_parse=True):
            if record.rec_type != "response":
                continue
            block = record.raw_stream.read()
            digits = re.sub(r"\D", "", record.rec_headers["WARC-Date"])[:14]
            url = record.rec_headers["WARC-Target-URI"].strip("<>")
            members.append(f"{url} 127.0.0.1 {digits} text/html {len(block)}\n".encode() + block + b"\n")
    return b"".join(gzip.compress(member, mtime=0) for member in members)


def as_wacz(archives: Iterable[tuple[str, bytes]], *, deflated: bool = False) -> bytes:
    """A package with these web archives in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as package:
        for name, data in archives:
            package.writestr(f"archive/{name}", data)
        package.writestr("datapackage.json", json.dumps({"profile": "data-package", "wacz_version": "1.1.1"}))
    return out.getvalue()


def knowledge(home: Path, name: str = "t") -> dict[str, list[Any]]:
    """All a collection's store says, without the numbers of its rows; and its index."""
    folder = home / "collections" / name
    with sqlite3.connect(folder / "mirror.db") as db:
        said = {
            "captures": db.execute(
                "SELECT u.key, c.crawl, c.target, c.timestamp, c.type, c.status, c.mime, c.record_id, "
                "c.payload_digest, w.name, c.offset, c.length, o.record_id, c.truncated, c.verdict, c.reason "
                "FROM capture AS c JOIN url AS u ON u.id = c.url_id JOIN warc AS w ON w.id = c.warc_id "
                "LEFT JOIN capture AS o ON o.id = c.original ORDER BY w.name, c.offset"
            ).fetchall(),
            "questions": db.execute(
                "SELECT u.key, u.url, u.kind, u.state, u.reason, u.crawl, n.record_id, o.record_id FROM url AS u "
                "LEFT JOIN capture AS n ON n.id = u.newest LEFT JOIN capture AS o ON o.id = u.original ORDER BY 1"
            ).fetchall(),
            "versions": db.execute(
                "SELECT e.library, e.book, e.rec, v.title, v.text, v.raw_text, v.first_seen, v.last_seen, "
                "c.record_id, e.newest = v.id FROM version AS v JOIN entry AS e ON e.id = v.entry "
                "JOIN capture AS c ON c.id = v.capture ORDER BY 1, 2, 3, 7, 5"
            ).fetchall(),
            "books": db.execute("SELECT library, number, title FROM book ORDER BY 1, 2").fetchall(),
            "contents": db.execute(
                "SELECT library, book, digest, first_seen, last_seen FROM contents ORDER BY 1, 2, 3"
            ).fetchall(),
            "imports": db.execute(
                "SELECT number, began, ended, outcome FROM crawl WHERE outcome = 'import' ORDER BY 1"
            ).fetchall(),
            "awaiting": db.execute("SELECT count(*) FROM awaiting").fetchall(),
        }
    db.close()
    index = folder / "indexes" / "index.cdxj"
    said["index"] = index.read_text("utf-8").splitlines() if index.exists() else []
    return said
