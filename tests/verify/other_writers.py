"""What `warc.verify` says of real files of other writers, beside what their makers and other tools say.

python -m tests.verify.other_writers SAMPLES > docs/other-writers.md
"""

from __future__ import annotations

import re
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.verify.archive import verify_files
from warc.verify.finding import Finding

HEAD = """# Files of other writers: where we agree, and where not

Real WARC, ARC and WACZ files from the test suites of other web-archive tools, good and purposely bad, each judged by
`warc/verify` as a file of somebody else: only what a clause forbids is an error. Beside it what warcio 1.8.1 and FastWARC 2.0.1
report (digests that are right and wrong, and whether they can read the file to its end). This page is made by
`tests/verify/other_writers.py`, and a test holds it against the files.

*Agree* means: both call the file sound, or both call it damaged. Counts are of findings; notes are left out.

| file | exercises | other tools | we | agree |
|---|---|---|---|---|
"""

#: Why we differ, by file.
REASONS = {
    "jwat--1-1-20110922131213-00000-svc-VirtualBox.arc": "no: the file is sound; FastWARC does not read ARC",
    "jwat--small_BNF.arc": "no: the file is sound; FastWARC does not read ARC",
    "warcio--example.arc": "no: the file is sound; FastWARC does not read ARC",
    "warcio--example.arc.gz": "no: the file is sound; FastWARC does not read ARC",
    "derived--whirlwind.warc.zst": "no: the file is sound; warcio does not read zstd",
    "iawc--html-lang-attribute.warc": "no: records without WARC-Record-ID, which 5.1 demands; readers do without",
    "iawc--text-extraction-test.warc": "no: records without WARC-Record-ID, which 5.1 demands; readers do without",
    "ipwb--redirectRelative.warc": "no: lines end in LF alone, against 4; warcio reads them",
    "jwat--valid-warcfile-upper-lower-case.warc": "no: words of the grammar in any case are allowed (4), as its makers say; FastWARC wants capitals",
    "nodewarc--books.toscrape.warc": "no: one CR LF after each block where 4 demands two; readers do with one",
    "nodewarc--parseMe.warc.gz": "no: two payload digests are of head and body together (5.9); warcio passes them",
    "resiliparse--clipped.warc.gz": "no: the file is cut in its only record; other tools read what there is without a word",
    "solrwb--transfer_compression_brotli.warc.gz": "no: the file is sound; warcio fails on the brotli body",
    "solrwb--transfer_compression_gzip_chunked.warc.gz": "no: the payload digest is of the entity, as 5.9 has it; warcio counts the chunk framing too",
    "solrwb--transfer_compression_none_truncated.warc.gz": "no: the file is cut in a record; other tools read what there is without a word",
    "wac--IAH-urls-wget.warc.gz": "no: two records have one id (5.2), a fault of the wget that wrote it; others do not compare ids",
}


def judge(path: Path) -> list[Finding]:
    """Findings in a file; of a WACZ in the WARC files it holds."""
    if path.suffix != ".wacz":
        return verify_files(path, ours=False)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as package:
        inner = [name for name in package.namelist() if name.startswith("archive/") and not name.endswith("/")]
        paths = []
        for name in inner:
            paths.append(Path(folder) / Path(name).name)
            paths[-1].write_bytes(package.read(name))
        return verify_files(*paths, ours=False) if paths else []


def rows(samples: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """One row a file: name, what it exercises, what others say, what we say, and whether we agree."""
    lines = (samples / "warc" / "INDEX.tsv").read_text(encoding="utf-8").splitlines()
    names = lines[0].split("\t")
    for line in lines[1:]:
        said = dict(zip(names, line.split("\t"), strict=False))
        path = samples / "warc" / said["file"]
        if path.suffix in (".cdx", ".cdxj"):
            yield said["file"], said["exercises"], "-", "an index without its WARC: not judged", "-"
            continue
        findings = judge(path)
        yield said["file"], said["exercises"], _others(said["measured_now"]), _ours(findings), _agree(said, findings)


def _others(measured: str) -> str:
    parts = []
    if digests := re.findall(r"digests ok=(\d+) bad=(\d+)", measured):
        parts.append(
            f"digests {sum(int(ok) for ok, _ in digests)} right, {sum(int(bad) for _, bad in digests)} wrong"
        )
    warcio, _, fast = measured.partition("| fastwarc")
    if "no record" in warcio:
        parts.append("warcio reads no record")
    elif "raises" in warcio:
        parts.append("warcio stops")
    elif "err_count" in warcio:
        parts.append("warcio reports a wrong length")
    if "raises" in fast:
        parts.append("FastWARC stops")
    return ", ".join(parts) or "-"


def _ours(findings: list[Finding]) -> str:
    counts = Counter((one.severity, one.rule) for one in findings)
    shown = [
        f"{rule} × {count}" if severity == "error" else f"({rule} × {count})"
        for (severity, rule), count in sorted(counts.items(), key=lambda item: (item[0][0] != "error", item[0][1]))
        if severity != "note"
    ]
    arc = any(one.rule == "file-form" and "ARC" in one.message for one in findings)
    return ", ".join(shown) or ("sound, as far as ARC can be checked" if arc else "sound")


def _agree(said: dict[str, str], findings: list[Finding]) -> str:
    measured = said["measured_now"]
    theirs = "raises" in measured or "err_count" in measured or re.search(r"bad=[1-9]", measured) is not None
    mine = any(one.severity == "error" for one in findings)
    return "yes" if theirs == mine else REASONS.get(said["file"], "**no**")


def page(samples: Path) -> str:
    return HEAD + "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in rows(samples)
    )


if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1])))
