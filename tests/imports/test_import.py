"""Web archives of other tools become captures of the same entries, and stay as they were."""

from __future__ import annotations

import gzip
import hashlib
import http.client  # noqa: F401  before warcio.capture_http replaces its parts, as warcio asks
import io
import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import zstandard
from warcio.archiveiterator import ArchiveIterator
from warcio.capture_http import capture_http
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from mirror.imitation import Corpus, ImitationServer
from mirror.imitation import mse as pages
from mirror.sites import open_site
from tests.home import Home
from tests.imports.foreign import Wget, as_arc, as_wacz, knowledge, wget

CORPUS = Corpus(60)
#: warcio leaves the closing of its temporary files to the collector
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <function SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def mse(tmp_path_factory: pytest.TempPathFactory) -> Wget:
    return wget(tmp_path_factory.mktemp("mse"), "mse", CORPUS)


@pytest.fixture(scope="module")
def chorography(tmp_path_factory: pytest.TempPathFactory) -> Wget:
    return wget(tmp_path_factory.mktemp("chorography"), "chorography", CORPUS)


def collection(home: Home, archive: Wget, source: str = "mse", name: str = "t") -> Path:
    home.mirror("init", name, "--source", source, "--base-url", archive.root)
    return home.path / "collections" / name


def imported(home: Home, *files: Path, options: tuple[str, ...] = (), code: int = 0) -> list[dict[str, Any]]:
    ran = home.mirror("import", "t", "--json", *options, *map(str, files), code=code)
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


def truth(corpus: Corpus, library: str = "ch9", number: int = 1) -> dict[str, str]:
    """Raw texts by entry, but for blanks at the ends of lines and of the text."""
    book = corpus.book(library, number)
    assert book is not None
    return {
        f"{library}/{number}/{heading.rec}": _flat("\n".join(corpus.lines(book, heading)))
        for heading in corpus.headings(book)
    }


def _flat(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def texts(home: Home) -> dict[str, str]:
    """Raw texts of the newest versions, by entry."""
    rows = knowledge(home.path)["versions"]
    return {f"{row[0]}/{row[1]}/{row[2]}": _flat(row[5]) for row in rows if row[9]}


FORMS = {
    "wget.warc.gz": lambda made: made.path.read_bytes(),
    "plain.warc": lambda made: made.plain,
    "one-member.warc.gz": lambda made: gzip.compress(made.plain, mtime=0),
    "packed.warc.zst": lambda made: zstandard.ZstdCompressor().compress(made.plain),
    "old.arc.gz": lambda made: as_arc(made.path),
    "old.arc": lambda made: gzip.decompress(as_arc(made.path)),
    "package.wacz": lambda made: as_wacz([("data.warc.gz", made.path.read_bytes())]),
    "deflated.zip": lambda made: as_wacz([("a/b/data.warc", made.plain)], deflated=True),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_entries_and_is_kept_byte_for_byte(
    home: Home, mse: Wget, tmp_path: Path, form: str
) -> None:
    folder = collection(home, mse)
    given = tmp_path / form
    given.write_bytes(FORMS[form](mse))
    (report,) = imported(home, given)
    assert report["outcome"] == "imported"
    assert report["parts"][0]["of_source"] == {"library": 1, "list": 1, "entry": mse.entries}
    assert report["parts"][0]["new"] == mse.entries + 2
    assert (report["parts"][0]["damage"], report["parts"][0]["skipped"]) == ([], {})
    assert texts(home) == truth(CORPUS)
    # the original lies in the collection, whole
    kept = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size == given.stat().st_size]
    assert given.read_bytes() in [path.read_bytes() for path in kept]
    taken = "as-is" if form in ("wget.warc.gz", "package.wacz") else "rewritten"
    assert report["parts"][0]["taken"] == taken
    # other tools read what is in the archive, and its captures have the dates of the originals
    (path,) = home.archive()
    with path.open("rb") as file:
        dates = {one.rec_headers["WARC-Date"][:19] for one in ArchiveIterator(file) if one.rec_type == "response"}
    assert {row[3][:19] for row in knowledge(home.path)["captures"]} <= dates
    # a second time changes nothing
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert imported(home, given)[0]["outcome"] == "known"
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)} <= {
        folder / ".lock"
    }
    # its index is what cdxj-indexer says of it, and nothing is damaged
    indexer = Path(sys.executable).with_name("cdxj-indexer")
    indexed = subprocess.run([indexer, "-s", path], capture_output=True, text=True, check=True).stdout.splitlines()
    assert indexed == knowledge(home.path)["index"]
    home.mirror("verify", "t")
    # and the folder alone gives the same store
    known = knowledge(home.path)
    home.mirror("rebuild", "t")
    assert knowledge(home.path) == known


def test_the_same_captures_in_another_form_are_not_taken_twice(home: Home, mse: Wget, tmp_path: Path) -> None:
    collection(home, mse)
    imported(home, mse.path)
    plain = tmp_path / "plain.warc"
    plain.write_bytes(mse.plain)
    assert imported(home, plain)[0]["outcome"] == "nothing new"
    # of a file that holds known ones and others, only the others
    with ImitationServer(CORPUS.at(1), "mse") as server:
        entry = open_site("mse", mse.root).entry_link("ch9", 1, 2).url
        mixed = tmp_path / "mixed.warc.gz"
        with mixed.open("wb") as out:
            out.write(mse.path.read_bytes())
            writer = WARCWriter(out, gzip=True)
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")

            body = urllib.request.urlopen(entry.replace(mse.root, server.url)).read()

            writer.write_record(
                writer.create_warc_record(
                    entry,
                    "response",
                    payload=io.BytesIO(body),
                    http_headers=headers,
                    warc_headers_dict={"WARC-Date": "2030-01-02T03:04:05Z"},
                )
            )
    (report,) = imported(home, mixed)
    assert (report["outcome"], report["parts"][0]["new"], report["parts"][0]["taken"]) == ("imported", 1, "rewritten")
    ids = [capture[7] for capture in knowledge(home.path)["captures"]]
    assert len(ids) == len(set(ids)) == mse.entries + 3


def test_a_crawl_and_an_import_are_of_the_same_entries(home: Home, tmp_path: Path) -> None:
    """Dates decide which text is the newest; the source itself is still asked; a rebuild knows the same."""
    made = wget(tmp_path / "wget", "chorography", CORPUS)
    with ImitationServer(CORPUS.at(1), "chorography") as server:
        home.init(server)
        home.crawl()
        before = home.coverage()
        old = gzip.compress(
            gzip.decompress(made.path.read_bytes()).replace(b"WARC-Date: 20", b"WARC-Date: 19"), mtime=0
        )
        (tmp_path / "old.warc.gz").write_bytes(old)
        (report,) = imported(home, tmp_path / "old.warc.gz", options=("--base-url", made.root))
        assert report["parts"][0]["of_source"]["entry"] == made.entries
        assert home.coverage() == before  # what is held today is not changed by what was held then
        entries = home.entries()
        corpus = CORPUS.at(1)
        assert {id: text for id, text in texts(home).items() if id.startswith("ch9/1/")} == truth(corpus)
        changed = [id for id in truth(CORPUS) if id in truth(corpus) and truth(CORPUS)[id] != truth(corpus)[id]]
        assert changed
        for id in changed:
            assert entries[id]["versions"] >= 1
            then = json.loads(home.mirror("show", "t", id, "--at", "1930-01-01", "--json").stdout)
            assert _flat(then["raw_text"]) == truth(CORPUS)[id]
            assert then["capture"]["timestamp"].startswith("19")
        # the next crawl is a crawl of its own, and asks the source for everything
        asked = sum(server.counts.values())
        home.crawl()
        assert sum(server.counts.values()) > asked + 60
        known = knowledge(home.path)
        assert [row[0] for row in known["imports"]] == [2]
        assert {row[1] for row in known["captures"]} == {1, 2, 3}
        assert all(row[1].startswith(server.url) for row in known["questions"])
        home.mirror("rebuild", "t")
        assert knowledge(home.path) == known


def test_an_entry_of_the_old_database_is_the_same_entry_of_the_mirror(home: Home, mse: Wget, tmp_path: Path) -> None:
    with ImitationServer(CORPUS, "chorography") as server:
        home.init(server)
        home.crawl("--limit", "3", code=3)
        before = home.coverage()
        (report,) = imported(home, mse.path, options=("--base-url", mse.root))
        assert report["parts"][0]["of_source"] == {"entry": mse.entries}
        after = home.coverage()
        assert sum(book["captured"] for one in after["libraries"] for book in one["books"]) > 3
        assert [len(one["books"]) for one in after["libraries"]] == [len(one["books"]) for one in before["libraries"]]
        assert {row[1] for row in knowledge(home.path)["questions"] if not row[1].startswith(server.url)} == set()
        # an unfinished crawl goes on, and asks the mirror for what was only imported
        home.crawl(code=None)
        assert {row[3] for row in knowledge(home.path)["questions"] if row[2] == "entry"} == {"done"}
        assert sum(path.endswith(f"/article/{mse.entries}/") for path in server.counts) > 0


def test_what_is_not_of_the_source_is_kept_and_indexed_and_no_entry(home: Home, mse: Wget, tmp_path: Path) -> None:
    collection(home, mse)
    with (tmp_path / "mixed.warc.gz").open("wb") as out:
        out.write(mse.path.read_bytes())
        writer = WARCWriter(out, gzip=True)
        for uri in (
            "http://example.org/",
            f"https://web.archive.org/web/20210203040506/{mse.root}bin/mse.exe?K=ch9&A=1&rec=900&run=13",
        ):
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")

            writer.write_record(
                writer.create_warc_record(uri, "response", payload=io.BytesIO(b"<p>hello"), http_headers=headers)
            )
    (report,) = imported(home, tmp_path / "mixed.warc.gz")
    assert report["parts"][0]["taken"] == "as-is"
    assert report["parts"][0]["outside"]["example.org"] == 1
    assert report["parts"][0]["outside"]["another archive's copy, rewritten by it: web.archive.org"] == 1
    assert len(home.entries()) == mse.entries
    assert sum('"http://example.org/"' in line for line in knowledge(home.path)["index"]) == 1


def test_a_file_with_nothing_of_the_source_is_left_alone(home: Home, mse: Wget, tmp_path: Path) -> None:
    home.mirror("init", "t", "--source", "mse")
    folder = home.path / "collections" / "t"
    (report,) = imported(home, mse.path, code=3)
    assert (report["outcome"], home.archive()) == ("nothing of the source", [])
    (tmp_path / "notes.bin").write_text("no archive at all")
    (tmp_path / "empty.warc.gz").write_bytes(b"")
    reports = imported(home, tmp_path / "notes.bin", tmp_path / "empty.warc.gz", code=3)
    assert [one["outcome"] for one in reports] == ["unreadable", "unreadable"]
    assert home.archive() == [] and list((folder / "imports").iterdir()) == []
    assert imported(home, mse.path, options=("--dry-run", "--base-url", mse.root))[0]["outcome"] == "looked through"
    assert home.archive() == [] and list((folder / "imports").iterdir()) == []


@pytest.mark.parametrize("base", ["http://lib.sdsqw.cn/", "https://lib.sdsqw.cn:443/", "http://www.lib.sdsqw.cn/"])
def test_http_https_and_www_are_one_source(home: Home, mse: Wget, tmp_path: Path, base: str) -> None:
    home.mirror("init", "t", "--source", "mse")
    (tmp_path / "a.warc").write_bytes(mse.plain.replace(mse.root.encode(), base.encode()))
    # lengths of headers changed, those of blocks only where a request or a page names its own URL
    report = imported(home, tmp_path / "a.warc", code=0)[0]
    assert report["parts"][0]["of_source"]["entry"] == mse.entries
    assert {row[1].split("bin/")[0] for row in knowledge(home.path)["questions"] if row[2] == "entry"} <= {
        "http://lib.sdsqw.cn/",
        base,
    }
    assert texts(home) == truth(CORPUS)


def test_a_damaged_file_gives_what_can_be_read_and_says_what_could_not(home: Home, mse: Wget, tmp_path: Path) -> None:
    folder = collection(home, mse)
    whole = mse.path.read_bytes()
    with mse.path.open("rb") as file:
        places = []
        iterator = ArchiveIterator(file)
        for record in iterator:
            record.raw_stream.read()
            places.append((record.rec_type, iterator.get_record_offset(), record.rec_headers["WARC-Target-URI"]))
    responses = [place for place in places if place[0] == "response"]
    broken = bytearray(whole)
    _, offset, uri = responses[5]
    broken[offset + 60] ^= 0xFF
    given = tmp_path / "broken.warc.gz"
    given.write_bytes(broken[: responses[-1][1] + 100])
    (report,) = imported(home, given, code=3)
    part = report["parts"][0]
    assert [damage["offset"] for damage in part["damage"]] == [offset, responses[-1][1]]
    assert part["of_source"]["entry"] == mse.entries - 2
    assert part["taken"] == "rewritten"
    assert given.read_bytes() in [path.read_bytes() for path in (folder / "imports").iterdir()]
    lost = {uri.strip("<>"), responses[-1][2].strip("<>")}
    assert {row[1] for row in knowledge(home.path)["questions"] if row[2] == "entry" and row[3] == "found"} == lost
    known = knowledge(home.path)
    home.mirror("rebuild", "t")
    assert knowledge(home.path) == known


def test_an_answer_that_broke_off_is_no_entry(home: Home, mse: Wget, tmp_path: Path) -> None:
    """Not even where the tool says nothing of it."""

    collection(home, mse)
    site = open_site("mse", mse.root)
    with (tmp_path / "cut.warc.gz").open("wb") as out, mse.path.open("rb") as file:
        writer = WARCWriter(out, gzip=True)
        for record in ArchiveIterator(file):
            uri = (record.rec_headers["WARC-Target-URI"] or "").strip("<>")
            if record.rec_type == "response" and uri == site.entry_link("ch9", 1, 1).url:
                body = record.content_stream().read()
                headers = StatusAndHeaders(
                    "200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(body)))], protocol="HTTP/1.1"
                )
                for rec, kept in ((1, body), (2, body[:-1])):
                    writer.write_record(
                        writer.create_warc_record(
                            site.entry_link("ch9", 1, rec).url,
                            "response",
                            payload=io.BytesIO(kept),
                            http_headers=headers,
                        )
                    )
    imported(home, tmp_path / "cut.warc.gz")
    assert list(home.entries()) == ["ch9/1/1"]
    failed = [row for row in knowledge(home.path)["questions"] if row[3] == "failed"]
    assert [row[4] for row in failed] == ["answer cut short (unspecified)"]


def test_revisits_find_their_originals_in_other_files_in_any_order(home: Home, tmp_path: Path) -> None:
    """By URI and date, by record id alone, by digest alone; and wait until their originals come."""

    home.mirror("init", "t", "--source", "mse")
    site = open_site("mse")
    book = CORPUS.book("ch9", 1)
    assert book is not None

    body = pages.entry(CORPUS, book, CORPUS.headings(book)[3], 50)
    uri = site.entry_link("ch9", 1, 4).url
    head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    writer = WARCWriter(original := io.BytesIO(), gzip=True)
    first = writer.create_warc_record(
        uri,
        "response",
        payload=io.BytesIO(body),
        http_headers=head,
        warc_headers_dict={"WARC-Date": "2015-01-01T00:00:00Z"},
    )
    writer.write_record(first)
    digest = first.rec_headers["WARC-Payload-Digest"]
    (tmp_path / "original.warc.gz").write_bytes(original.getvalue())
    ways = {
        "date": {"WARC-Refers-To-Target-URI": uri, "WARC-Refers-To-Date": "2015-01-01T00:00:00Z"},
        "id": {"WARC-Refers-To": first.rec_headers["WARC-Record-ID"]},
        "digest": {},
        "nowhere": {"WARC-Payload-Digest": "sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    }
    files = []
    for number, (way, fields) in enumerate(ways.items()):
        writer = WARCWriter(out := io.BytesIO(), gzip=True)
        headers = {
            "WARC-Date": f"201{6 + number}-01-01T00:00:00Z",
            "WARC-Profile": "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest",
            "WARC-Payload-Digest": digest,
            **fields,
        }
        writer.write_record(
            writer.create_warc_record(
                uri, "revisit", http_headers=head, payload=io.BytesIO(b""), warc_headers_dict=headers
            )
        )
        files.append(tmp_path / f"{way}.warc.gz")
        files[-1].write_bytes(out.getvalue())
    imported(home, *files)
    assert home.entries() == {}
    assert knowledge(home.path)["awaiting"] == [(4,)]
    imported(home, tmp_path / "original.warc.gz")
    known = knowledge(home.path)
    assert known["awaiting"] == [(1,)]
    (entry,) = home.entries().values()
    assert (entry["first_seen"][:4], entry["last_seen"][:4], entry["versions"]) == ("2015", "2018", 1)
    home.mirror("rebuild", "t")
    assert knowledge(home.path) == known


def test_a_kill_between_manifest_and_archive_is_made_good(home: Home, mse: Wget) -> None:
    folder = collection(home, mse)
    imported(home, mse.path)
    known = knowledge(home.path)
    (path,) = home.archive()
    path.unlink()  # the name was not given yet
    (folder / "mirror.db").unlink()
    (folder / "indexes" / "index.cdxj").unlink()
    (report,) = imported(home, mse.path)
    assert report["outcome"] == "imported"
    assert [row[4:9] for row in knowledge(home.path)["captures"]] == [row[4:9] for row in known["captures"]]
    now = knowledge(home.path)
    home.mirror("rebuild", "t")
    assert knowledge(home.path) == now


def test_a_kill_before_the_ledger_knew_is_made_good_by_the_next_command(home: Home, mse: Wget) -> None:
    folder = collection(home, mse)
    imported(home, mse.path)
    known = knowledge(home.path)
    for name in ("mirror.db", "indexes/index.cdxj"):
        (folder / name).unlink()
    assert imported(home, mse.path)[0]["outcome"] == "known"
    now = knowledge(home.path)
    assert {key: now[key] for key in ("captures", "versions", "index", "imports")} == {
        key: known[key] for key in ("captures", "versions", "index", "imports")
    }


def test_a_full_disk_leaves_the_collection_as_it_was(home: Home, mse: Wget) -> None:
    folder = collection(home, mse)
    before = knowledge(home.path)
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); "

    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); {limited}"
            "from mirror.cli import main; main()",
            "import",
            "t",
            str(mse.path),
        ],
        env={**os.environ, "MIRROR_HOME": str(home.path), "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert home.archive() == [] and list((folder / "imports").glob("*.json")) == []
    assert knowledge(home.path)["captures"] == before["captures"]
    assert imported(home, mse.path)[0]["outcome"] == "imported"


def test_what_warcio_captures_is_read(home: Home, tmp_path: Path) -> None:

    with ImitationServer(CORPUS, "mse") as server:
        home.init(server)
        site = open_site("mse", server.url)
        with capture_http(str(tmp_path / "warcio.warc.gz")):
            for link in (site.list_link("ch9", 1), *(site.entry_link("ch9", 1, rec) for rec in range(1, 6))):
                urllib.request.urlopen(link.url).read()
    (report,) = imported(home, tmp_path / "warcio.warc.gz")
    assert report["parts"][0]["of_source"] == {"list": 1, "entry": 5}
    assert texts(home) == {f"ch9/1/{rec}": truth(CORPUS)[f"ch9/1/{rec}"] for rec in range(1, 6)}


def test_our_own_archive_of_another_home_comes_over_whole(home: Home, tmp_path: Path) -> None:
    """Failed attempts and revisits too; its crawl numbers are not ours."""
    with ImitationServer(CORPUS, "chorography", conditional=True) as server:
        home.init(server, "theirs")
        home.crawl(name="theirs")
        home.crawl(name="theirs")
        home.init(server)
        ours = len(home.archive("theirs"))
        imported(home, *home.archive("theirs"))
    assert ours >= 2

    def by_id(name: str) -> dict[str, tuple[Any, ...]]:
        return {
            row[7]: (row[0], row[3], row[4], row[5], row[12], row[14])
            for row in knowledge(home.path, name)["captures"]
        }

    assert by_id("t") == by_id("theirs")
    assert texts(home) == {id: _flat(entry["raw_text"]) for id, entry in home.entries("theirs").items()}
    assert {row[1] for row in knowledge(home.path)["captures"]} == {1}


def test_real_files_of_other_tools_are_reported_and_never_raise(home: Home, samples: Path) -> None:
    home.mirror("init", "t", "--source", "mse")
    files = sorted(path for path in (samples / "warc").iterdir() if path.suffix not in (".tsv", ".cdx", ".cdxj"))
    roots = ("http://example.com/", "http://www.archive.org/", "https://quotes.toscrape.com/", "http://lpjx.net/")
    reports = imported(home, *files, options=tuple(part for root in roots for part in ("--base-url", root)), code=3)
    outcomes = Counter(report["outcome"] for report in reports)
    assert len(reports) == len(files) == outcomes.total()
    by_name = {report["file"]: report for report in reports}
    assert by_name["jwat--invalid-truncated.gz"]["outcome"] == "unreadable"
    assert by_name["pywacz--invalid_example_1.wacz"]["outcome"] in ("unreadable",)
    quotes = by_name["scrapywa--quotes.wacz"]
    assert quotes["outcome"] == "imported"
    assert quotes["parts"][0]["records"] == {"warcinfo": 1, "request": 101, "response": 25, "revisit": 76}
    for report in reports:
        for part in report["parts"]:
            assert sum(part["of_source"].values()) or part["outcome"] != "imported"
    known = knowledge(home.path)
    home.mirror("rebuild", "t")
    assert knowledge(home.path) == known
    digests = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (home.path / "collections").rglob("*")
        if path.is_file()
    }
    assert {report["sha256"] for report in reports if report["outcome"] == "imported"} <= digests
