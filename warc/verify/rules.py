"""The rules an archive must satisfy, each with the clause that demands it and how damage is mended.

Clauses without a name are of WARC 1.1 (ISO 28500:2017); CDXJ is CDXJ 0.1.0; CONFORMANCE is the list of what the tools
of the field demand. Some rules only we demand of ourselves, so that every tool opens what we write; files of other
writers may do otherwise, and are judged by the clauses alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: `error`: damage, or what a clause forbids. `warning`: a person should look. `note`: good to know.
Severity = Literal["error", "warning", "note"]

_COPY = "take the file or the record from a copy: `mirror verify NAME --repair-from COPY`"
_WRITER = "nothing is lost; keep the file as it is and mend the program that wrote it"
_REBUILD = "`mirror rebuild NAME` makes the index and the ledger again from the WARC files"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: Its name, in findings and in docs/verify.md.
        clause: Who demands it.
        ours: How grave a breach is in a file of our own writer.
        others: The same in files of others; None where the clauses allow what we do not.
        demand: What must be so, as a sentence.
        remedy: What to do about a breach.
    """

    id: str
    clause: str
    ours: Severity
    others: Severity | None
    demand: str
    remedy: str


# fmt: off
_TABLE: tuple[Rule, ...] = (
    # the file
    Rule("file-empty", "4", "error", "error", "A WARC file holds at least one record.", _COPY),
    Rule("file-unreadable", "-", "error", "error", "The file can be read.", "mend permissions or the disk, then verify again"),
    Rule("file-form", "Annex D", "error", "note", "The file is gzip (`.warc.gz`) and its name says so; of ARC files only lengths, dates, addresses and HTTP messages are checked.", "name it as what it is, or `mirror import` it"),
    Rule("file-name", "Annex C", "note", None, "The name is prefix-timestamp-serial-host.warc.gz.", _WRITER),
    Rule("file-size", "Annex C", "note", None, "A file has up to about 1 GB.", "set capture.max_warc_bytes lower for the next crawl"),
    Rule("file-open", "-", "note", "note", "A file being written ends in `.open`; it is not checked.", "verify again when the crawl has ended; the next crawl finishes what a kill left"),
    Rule("file-aside", "-", "error", "error", "No part of a damaged file lies aside as `.damaged`, counted nowhere.", "restore the file from a copy, or `mirror import` what can be read of the part; then move the part away"),
    Rule("gzip-broken", "Annex D", "error", "error", "Every gzip member or Zstandard frame decompresses and its checksum is right.", _COPY),
    Rule("gzip-torn", "Annex D", "error", "error", "The last gzip member or Zstandard frame is whole.", _COPY),
    Rule("gzip-member", "Annex D", "error", "error", "Each record is one gzip member of its own.", "`warcio recompress` writes a file with one member a record; keep the old one"),
    Rule("gzip-head", "RFC 1952, 2.3", "error", None, "Our gzip members have no flags and no time, and one head all over.", _COPY),
    Rule("gzip-empty", "Annex D", "error", "warning", "No gzip member is empty.", _COPY),
    Rule("trailing-octets", "4", "error", "error", "Nothing stands before, between or after the records.", _COPY),
    Rule("record-torn", "4, 5.3", "error", "error", "The file holds every octet of a record that its Content-Length names.", _COPY),
    Rule("record-end", "4", "error", "error", "After its block a record ends in exactly CR LF CR LF; Content-Length is the block's length.", _COPY),
    # the header
    Rule("no-record", "4", "error", "error", "A record begins with `WARC/1.0` or `WARC/1.1` and its header ends in a blank line.", _COPY),
    Rule("version", "4", "error", "note", "Every record says `WARC/1.1`; other writers may say `WARC/1.0`.", _WRITER),
    Rule("header-line-ends", "4", "error", "error", "Header lines end in CR LF.", _WRITER),
    Rule("header-utf8", "4", "error", "error", "The header is UTF-8.", _WRITER),
    Rule("header-field", "4", "error", "error", "Every header line is `name: value`, the name a token, the value without control characters.", _COPY),
    Rule("header-folded", "4", "error", "note", "No header line goes on in a second one.", _WRITER),
    Rule("field-twice", "5.1", "error", "error", "No field is repeated but WARC-Concurrent-To and WARC-Protocol.", _WRITER),
    Rule("field-missing", "5.1", "error", "error", "WARC-Record-ID, Content-Length, WARC-Date and WARC-Type are there, and what the type demands.", _COPY),
    Rule("field-misplaced", "5.7-5.22", "error", "error", "No field stands in a record of a type it must not be used in.", _WRITER),
    Rule("type", "5.5", "error", "note", "WARC-Type is one of the standard's eight.", _COPY),
    Rule("content-length", "5.3", "error", "error", "Content-Length is a decimal number.", _COPY),
    Rule("record-id", "5.2", "error", "error", "WARC-Record-ID is an absolute URI in angle brackets; ours are `<urn:uuid:…>`.", _COPY),
    Rule("record-id-twice", "5.2", "error", "error", "No two records have one WARC-Record-ID.", "if one file is a copy of the other, take one away; else " + _COPY),
    Rule("record-copied", "5.2", "note", "note", "A record that stands in several files of others is the same in each.", "nothing: packages that stand alone each hold what they share"),
    Rule("date", "5.4", "error", "error", "WARC-Date is a real instant in UTC with `Z`; ours has the time to the second at least.", _COPY),
    Rule("target-uri", "5.14", "error", "error", "WARC-Target-URI is an absolute URI of RFC 3986, in ASCII.", _COPY),
    Rule("target-characters", "5.14; RFC 3986", "warning", "note", "WARC-Target-URI has only characters of RFC 3986; links of sources break this.", "nothing: it is the URI that was asked for"),
    Rule("target-brackets", "5.14", "error", "error", "WARC-Target-URI is bare, without angle brackets (wget 1.x puts them; WARC 1.0's grammar asked for them).", _WRITER),
    Rule("target-fragment", "5.14; CONFORMANCE W9", "error", None, "WARC-Target-URI has no fragment.", _WRITER),
    Rule("ip-address", "5.10", "error", "error", "WARC-IP-Address is an IPv4 or IPv6 address.", _COPY),
    Rule("ip-address-missing", "6.3.2", "warning", None, "Responses, revisits and requests say WARC-IP-Address.", _WRITER),
    Rule("content-type", "6.3.2, 6.5.2", "error", "warning", "HTTP messages are `application/http` with msgtype response or request; a warcinfo is `application/warc-fields`.", _WRITER),
    Rule("content-type-missing", "5.6", "error", "warning", "A record with a block says its Content-Type.", _WRITER),
    Rule("digest-form", "5.8, 5.9", "error", "error", "A digest is `algorithm:value`, the value as long as the algorithm makes it.", _COPY),
    Rule("digest-case", "CONFORMANCE W12", "error", None, "Digests are sha1 or sha256 in upper-case Base32.", _WRITER),
    Rule("digest-unknown", "5.8", "warning", "note", "The digest's algorithm is one we can compute; else it is not checked.", "check it with a tool that knows the algorithm"),
    Rule("block-digest", "5.8", "error", "error", "WARC-Block-Digest is the digest of the block.", _COPY),
    Rule("block-digest-missing", "5.8; CONFORMANCE W12", "error", None, "Every record has a WARC-Block-Digest.", _WRITER),
    Rule("payload-digest", "5.9", "error", "error", "WARC-Payload-Digest is the digest of the entity: transfer coding off, content coding on.", _COPY),
    Rule("payload-digest-framed", "5.9", "error", "warning", "WARC-Payload-Digest is not the digest of the chunk framing too.", _WRITER),
    Rule("payload-digest-missing", "5.9; CONFORMANCE W12", "error", None, "Responses and revisits have a WARC-Payload-Digest.", _WRITER),
    Rule("truncated", "5.15", "error", "warning", "WARC-Truncated is length, time, disconnect or unspecified.", _COPY),
    Rule("warcinfo-first", "6.2; CONFORMANCE W6", "error", None, "A file opens with its warcinfo.", _COPY),
    Rule("warcinfo-fields", "6.2; CONFORMANCE W6", "warning", None, "The warcinfo names software, format, robots, operator and User-Agent.", _WRITER),
    Rule("warcinfo-id", "5.16", "error", "note", "WARC-Warcinfo-ID names the warcinfo that governs the record.", _COPY),
    Rule("warc-filename", "5.17", "error", "note", "WARC-Filename is the name of the file.", "give the file its own name again"),
    Rule("warc-fields", "6.2, 6.6", "error", "warning", "A block of `application/warc-fields` is lines of `name: value` in UTF-8.", _COPY),
    Rule("json-field", "5.1; CONFORMANCE W20", "error", "warning", "An extension field that holds JSON holds sound JSON.", _WRITER),
    Rule("identified-type", "CONFORMANCE W21", "warning", None, "WARC-Identified-Payload-Type of a text names its charset.", _WRITER),
    Rule("segment", "7, 5.20-5.22", "error", "error", "Segments of one record are numbered from 1 without gap, name the first, and add up to the total length.", _COPY),
    # the HTTP message
    Rule("http-head", "6.3.2", "error", "warning", "An HTTP record begins with a status line, or a request line, and its head ends in a blank line.", _COPY),
    Rule("http-version", "6.3.2; CONFORMANCE W16", "error", "note", "The stored status line says HTTP/1.x; HTTP/2 is named in WARC-Protocol.", _WRITER),
    Rule("http-length", "6.3.2; CONFORMANCE W17", "error", "warning", "The HTTP Content-Length is the length of the stored body, if it is not marked truncated.", _COPY),
    Rule("http-chunks", "6.3.2; CONFORMANCE W17", "error", "warning", "A body whose head says `chunked` is chunked soundly; ours are stored with the coding off and the field renamed.", _WRITER),
    Rule("http-coding", "6.3.2; CONFORMANCE W17", "warning", "note", "A body whose head names gzip, deflate or br is so coded. Sources break this too.", "compare with a copy; if the source sent it so, keep it"),
    Rule("request-line", "6.5.2; CONFORMANCE W15", "error", None, "The request line has the URI's path and query, and Host its host.", _COPY),
    Rule("wire-note", "docs/archive-format.md", "error", "error", "WARC-Wire-Framing can be undone and gives back the message that is stored.", _COPY),
    # requests and responses
    Rule("request-missing", "5.7; CONFORMANCE W14", "error", None, "Every response and revisit has a request that names it.", _COPY),
    Rule("request-cut-off", "5.7; CONFORMANCE W14", "warning", None, "The last response of a file has its request; a kill may have cut it off.", "nothing: the answer itself is whole"),
    Rule("request-order", "5.7; CONFORMANCE W14", "error", None, "A request stands after the response it names.", _WRITER),
    Rule("concurrent-missing", "5.7", "error", "note", "WARC-Concurrent-To names a record of the collection.", _COPY),
    Rule("concurrent-differs", "5.7, 5.4", "error", "note", "Records of one exchange have the same WARC-Date and WARC-Target-URI.", _COPY),
    # revisits
    Rule("revisit-profile", "6.7, 5.18", "error", "error", "A revisit has a WARC-Profile; ours is one of WARC 1.1's two.", _COPY),
    Rule("revisit-refers", "6.7.2; CONFORMANCE R2", "error", "note", "A revisit says WARC-Refers-To-Target-URI, WARC-Refers-To-Date and WARC-Refers-To: without them it cannot be replayed.", _WRITER),
    Rule("revisit-missing", "6.7.2; CONFORMANCE R3", "error", "warning", "The record a revisit refers to is in the collection.", "restore the file that holds it from a copy"),
    Rule("revisit-of-revisit", "6.7.2; CONFORMANCE R3", "error", "warning", "A revisit refers to a response, not to another revisit.", _WRITER),
    Rule("revisit-earlier", "6.7.2; CONFORMANCE R3", "error", "warning", "The record a revisit refers to is earlier.", _COPY),
    Rule("revisit-date", "5.13", "error", "error", "WARC-Refers-To-Date and -Target-URI are those of the record WARC-Refers-To names.", _COPY),
    Rule("revisit-digest", "6.7.2; CONFORMANCE R3", "error", "error", "A revisit of an identical payload has the payload digest of its original.", _COPY),
    Rule("revisit-status", "6.7.3; CONFORMANCE R1", "error", "error", "The profile server-not-modified is used with a 304 only.", _COPY),
    Rule("revisit-body", "6.7.2; CONFORMANCE R4", "error", "note", "A revisit keeps its head and no body.", _WRITER),
    Rule("revisit-truncated", "6.7.2; CONFORMANCE R5", "error", "warning", "A revisit without its payload says `WARC-Truncated: length`.", _WRITER),
    Rule("revisit-needless", "CONFORMANCE R6", "error", None, "No revisit stands for an empty payload or a status other than 200.", _WRITER),
    # the index
    Rule("index-missing", "CDXJ; CONFORMANCE C1", "error", "error", "Every response and revisit is in the index.", _REBUILD),
    Rule("index-surplus", "CDXJ; CONFORMANCE C1", "error", "error", "Every line of the index points at a record that is there.", _REBUILD),
    Rule("index-differs", "CDXJ; CONFORMANCE C1, C4", "error", "error", "An index line says what cdxj-indexer says of the record.", _REBUILD),
    Rule("index-order", "CDXJ, Sorting; CONFORMANCE C2", "error", "error", "The index is sorted bytewise and no line stands twice.", _REBUILD),
    Rule("index-line", "CDXJ", "error", "error", "An index line is a key, 14 digits and a JSON object.", _REBUILD),
    # fixity
    Rule("fixity-changed", "fixity", "error", "error", "A finished file has the sha256 it had when it was first seen.", _COPY),
    Rule("fixity-lost", "fixity", "error", "error", "A file of the fixity ledger is there.", _COPY),
    Rule("fixity-ledger", "fixity", "error", "error", "manifest-sha256.txt can be read: 64 hex digits, two blanks, a path.", "restore manifest-sha256.txt from a copy"),
    Rule("fixity-new", "fixity", "note", "note", "A file not yet in the fixity ledger is taken up if it is sound.", "nothing: it is checked from now on"),
    Rule("fixity-withheld", "fixity", "warning", "warning", "A damaged file is not taken up into the fixity ledger.", _COPY),
    # ledger and store
    Rule("ledger-unreadable", "CONTRACT", "error", "error", "mirror.db is a sound SQLite file of this version.", _REBUILD),
    Rule("ledger-file", "CONTRACT", "error", "error", "Every WARC the ledger names is there, as long as it was.", _COPY),
    Rule("ledger-record", "CONTRACT", "error", "error", "Every capture in the ledger points at its record and says what it says.", _REBUILD),
    Rule("ledger-unknown", "CONTRACT", "error", "warning", "Every record of the source is in the ledger.", _REBUILD),
    Rule("ledger-behind", "CONTRACT", "warning", "warning", "The ledger has read every finished file to its end.", "nothing: a crawl is finishing the file, or was killed; the next crawl, or `mirror rebuild`, reads it"),
    Rule("store-text", "CONTRACT", "error", "error", "Every stored text is what its record gives, byte for byte.", _REBUILD),
    Rule("store-lacks", "CONTRACT", "error", "error", "Every text that a record gives is in the store.", _REBUILD),
    Rule("store-digest", "CONTRACT", "error", "error", "text_digest is the sha256 of the text.", _REBUILD),
    Rule("store-capture", "CONTRACT", "error", "error", "Every stored text names a capture that holds it.", _REBUILD),
    Rule("report", "CONTRACT", "warning", "warning", "A crawl's report can be read.", "the next crawl writes its own; the WARC files tell the rest"),
)
# fmt: on

#: Every rule by its name.
RULES: dict[str, Rule] = {rule.id: rule for rule in _TABLE}
