"""What programs can ask, as OpenAPI 3.1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mirror import __version__
from mirror.diff.changes import KINDS

_STRING = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_TEXT_OR_NONE = {"type": ["string", "null"]}
_LIST = {"type": "array"}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _each(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


_COVERED = {
    "captured": _COUNT,
    "expected": {"type": ["integer", "null"], "minimum": 0},
    "missing": _COUNT,
    "failed": _COUNT,
    "complete": {"type": "boolean"},
}
_SCHEMAS: dict[str, Any] = {
    "Problem": _object("status message", status={"type": "integer"}, message=_STRING),
    "Counts": _object("captured expected missing failed complete", **_COVERED),
    "Home": _object("collections", collections=_each(_object("name", name=_STRING, problem=_STRING))),
    "Collection": _object("collection places complete captured expected crawls", collection=_STRING, places=_LIST),
    "Coverage": _object(
        "collection libraries complete waiting unanswered lost",
        collection=_STRING,
        libraries=_each(_ref("Counts")),
        lost=_each(_STRING),
    ),
    "Library": _object("collection library books", library=_ref("Counts"), books=_each(_ref("Counts"))),
    "Heading": _object(
        "rec title", rec={"type": "integer", "minimum": 1}, title=_STRING, code=_TEXT_OR_NONE, depth=_COUNT
    ),
    "Book": _object(
        "collection library book headings missing failed",
        headings=_each(_ref("Heading")),
        missing=_LIST,
        failed=_LIST,
    ),
    "Capture": _object(
        "url timestamp type verdict crawl record_id warc offset length",
        url=_STRING,
        timestamp=_STRING,
        type={"enum": ["response", "revisit", "metadata"]},
        warc=_STRING,
        offset=_COUNT,
        length=_COUNT,
    ),
    "Version": _object(
        "number text_digest first_seen last_seen", number={"type": "integer", "minimum": 1}, text_digest=_STRING
    ),
    "EntryFields": _object(
        "id library book rec path title raw_text text items tables signatures charset text_digest capture",
        id=_STRING,
        title=_STRING,
        text=_STRING,
        raw_text=_STRING,
    ),
    "Entry": _object(
        "collection entry version versions captures previous next",
        entry=_ref("EntryFields"),
        version=_ref("Version"),
        versions=_each(_ref("Version")),
        captures=_each(_ref("Capture")),
    ),
    "Compared": _object("id old new hunks", old=_ref("Version"), new=_ref("Version"), hunks=_LIST),
    "Search": _object(
        "collection query page found",
        found={
            "type": ["object", "null"],
            "required": ["total", "hits", "libraries", "books"],
            "properties": {"total": _COUNT, "hits": _each(_object("id title snippet marks", id=_STRING))},
        },
    ),
    "Changes": _object("collection crawls comparison", comparison={"type": ["object", "null"]}),
    "History": _object("id versions captures", versions=_each(_ref("Version")), captures=_each(_ref("Capture"))),
    "Witness": _object(
        "is collection source file title raw_text id same",
        source=_STRING,
        raw_text=_STRING,
        id=_TEXT_OR_NONE,
        same={"type": ["boolean", "null"]},
    ),
    "Evidence": _object(
        "capture sound checks warc_header",
        sound={"type": ["boolean", "null"]},
        checks=_each(_object("name stored found verdict", verdict={"enum": ["same", "different", "not checked"]})),
    ),
}

_PARAMETERS: dict[str, Any] = {
    "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"},
    "code": {"type": "string", "pattern": "^[0-9a-z]{1,32}$"},
    "number": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
    "rec": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
    "old": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
    "new": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
    "digits": {"type": "string", "pattern": "^[0-9]{4,20}$"},
    "warc": {"type": "string", "minLength": 1, "maxLength": 255},
    "offset": {"type": "integer", "minimum": 0, "maximum": 999_999_999_999_999},
}
_PAGE = {"type": "integer", "minimum": 1, "maximum": 500}
_QUERIES: dict[str, Any] = {
    "search": {
        "q": {"type": "string", "maxLength": 300},
        "scope": {"type": "string", "pattern": "^[0-9a-z]{1,32}(/[1-9][0-9]{0,8})?$"},
        "years": {"type": "string", "pattern": "^-?[0-9]{1,4}(--?[0-9]{1,4})?$"},
        "place": {"type": "string", "maxLength": 40},
        "at": {"type": "string", "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"},
        "page": _PAGE,
    },
    "changes": {"kind": {"enum": list(KINDS)}, "page": _PAGE},
}
_ENTRY = "/c/{name}/{code}/{number}/{rec}"

#: Path, what it gives, and the schema of its JSON or the type of its body.
_JSON_PAGES = (
    ("/index.json", "The collections of this home", "Home"),
    ("/c/{name}.json", "A collection: libraries by place and kind, crawls", "Collection"),
    ("/coverage/{name}.json", "What is expected, held and missing", "Coverage"),
    ("/c/{name}/{code}.json", "A library and its books", "Library"),
    ("/c/{name}/{code}/{number}.json", "A book: headings, what is missing and why", "Book"),
    (_ENTRY + ".json", "An entry as it is now", "Entry"),
    (_ENTRY + "@{digits}.json", "An entry as it was at an instant, given in digits (UTC)", "Entry"),
    ("/history/{name}/{code}/{number}/{rec}.json", "Captures and versions of an entry", "History"),
    ("/compare/{name}/{code}/{number}/{rec}/{old}/{new}.json", "Two versions of an entry", "Compared"),
    (
        "/search/{name}.json",
        "Entries that have what is asked: ?q=, ?scope=K[/A], ?years=, ?place=, ?at=, ?page=",
        "Search",
    ),
    ("/witness/{name}/{number}.json", "A text somebody copied out of the source: no capture", "Witness"),
    ("/changes/{name}.json", "What changed between the last two crawls: ?kind=, ?page=", "Changes"),
    ("/changes/{name}/{old}/{new}.json", "What changed between two crawls: ?kind=, ?page=", "Changes"),
    ("/record/{name}/{warc}/{offset}.json", "A capture's record, read again and compared", "Evidence"),
)
_FILES = (
    (_ENTRY + ".txt", "An entry's reading text", "text/plain"),
    (_ENTRY + ".raw.txt", "An entry as the source laid it out", "text/plain"),
    (_ENTRY + ".entry.json", "All fields of an entry, as in the jsonl export", "application/json"),
    ("/raw/{name}/{warc}/{offset}/record.warc.gz", "The exact bytes of a record's gzip member", "application/warc"),
    ("/raw/{name}/{warc}/{offset}/payload", "The payload, content coding still on", "application/octet-stream"),
    ("/timemap/{name}/{code}/{number}/{rec}", "TimeMap of an entry (RFC 7089)", "application/link-format"),
    (_ENTRY + ".bib", "A citation for BibTeX", "application/x-bibtex"),
    (_ENTRY + ".ris", "A citation in RIS", "application/x-research-info-systems"),
    (_ENTRY + ".csl.json", "A citation in CSL-JSON", "application/vnd.citationstyles.csl+json"),
    ("/feed/{name}.atom", "What changed between the last two crawls", "application/atom+xml"),
    ("/.well-known/resourcesync", "ResourceSync: where harvesters begin", "application/xml"),
    ("/resourcesync/{name}/capabilitylist.xml", "ResourceSync: what there is to ask for", "application/xml"),
    ("/resourcesync/{name}/resourcelist.xml", "ResourceSync: an index of all entries", "application/xml"),
    ("/resourcesync/{name}/resourcelist/{number}.xml", "ResourceSync: a part of all entries", "application/xml"),
    ("/resourcesync/{name}/changelist.xml", "ResourceSync: an index of what changed last", "application/xml"),
    ("/resourcesync/{name}/changelist/{number}.xml", "ResourceSync: a part of what changed", "application/xml"),
    ("/sitemap.xml", "Site maps", "application/xml"),
    ("/metrics", "Figures for Prometheus", "text/plain"),
    ("/healthz", "Whether every collection can be read", "text/plain"),
)


def _operation(path: str, summary: str, content: dict[str, Any]) -> dict[str, Any]:
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _PARAMETERS[name]} for name in names
    ]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in _QUERIES.get(path.split("/")[1].partition(".")[0], {}).items()
    ]
    problem = {"application/json": {"schema": _ref("Problem")}, "text/html": {}, "text/plain": {}}
    return {
        "get": {
            "summary": summary,
            "parameters": parameters,
            "responses": {
                "200": {"description": summary, "content": content},
                "400": {"description": "Cannot be asked so", "content": problem},
                "404": {"description": "Not held", "content": problem},
                "414": {"description": "The address is too long", "content": problem},
                "503": {"description": "Cannot be read now", "content": problem},
            },
        }
    }


def document(root: str, examples: Mapping[str, str | int] | None = None) -> dict[str, Any]:
    """The description of the server at an address.

    Args:
        root: The address.
        examples: Values of parameters, by name, under which there is something.
    """
    paths = {
        path: _operation(path, summary, {"application/json": {"schema": _ref(schema)}})
        for path, summary, schema in _JSON_PAGES
    }
    paths |= {path: _operation(path, summary, {media_type: {}}) for path, summary, media_type in _FILES}
    gate = "/timegate/{name}/{code}/{number}/{rec}"
    paths[gate] = _operation(gate, "TimeGate of an entry (RFC 7089): sends on to the memento asked for", {})
    paths[gate]["get"]["responses"] = {
        "302": {"description": "The memento nearest to Accept-Datetime"},
        "400": {"description": "Accept-Datetime is no HTTP date"},
        "404": {"description": "Not held"},
        "414": {"description": "The address is too long"},
    }
    for path in paths.values():
        for parameter in path["get"]["parameters"]:
            if parameter["name"] in (examples or {}) and parameter["in"] == "path":
                parameter["example"] = (examples or {})[parameter["name"]]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "方志档案 · Gazetteer Archive",
            "version": __version__,
            "description": "Read only. Every page is HTML; `.json` after its address, or "
            "`Accept: application/json`, gives the same as JSON.",
            "license": {"name": "Apache-2.0 (the program; the texts remain their authors')"},
        },
        "servers": [{"url": root}],
        "paths": paths,
        "components": {"schemas": _SCHEMAS},
    }


def description(root: str, examples: Mapping[str, str | int] | None = None) -> str:
    """The same as JSON."""
    return json.dumps(document(root, examples), ensure_ascii=False, indent=1)
