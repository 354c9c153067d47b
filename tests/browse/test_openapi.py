"""The server does what its OpenAPI description says, for what is there and for whatever is asked."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirror.browse.openapi import document
from tests.browse.serving import Served

DOCUMENT = document("http://127.0.0.1")
PATHS: dict[str, Any] = DOCUMENT["paths"]


@pytest.fixture(scope="module")
def known(served: Served, changed: str) -> dict[str, str]:
    """Values under which there is something."""
    code, number, rec = changed.split("/")
    entry = served.facts(f"/c/zhi/{changed}")
    capture = entry["captures"][0]
    return {
        "name": "zhi",
        "code": code,
        "number": number,
        "rec": rec,
        "old": "1",
        "new": "2",
        "digits": entry["versions"][0]["at"],
        "warc": capture["warc"],
        "offset": str(capture["offset"]),
    }


def faults(value: Any, schema: dict[str, Any], where: str = "$") -> list[str]:
    """Where a value is not as its schema says: types, required names, and what is inside."""
    if "$ref" in schema:
        return faults(value, DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], where)
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{where}: {value!r}"]
    types = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
    allowed = schema.get("type", [])
    allowed = [allowed] if isinstance(allowed, str) else allowed
    if allowed and not any(type(value) is types[one] for one in allowed):
        return [f"{where}: {type(value).__name__} is none of {allowed}"]
    found: list[str] = []
    if isinstance(value, dict):
        found += [f"{where}.{name} is lacking" for name in schema.get("required", ()) if name not in value]
        for name, inner in schema.get("properties", {}).items():
            found += faults(value[name], inner, f"{where}.{name}") if name in value else []
    elif isinstance(value, list):
        for number, one in enumerate(value):
            found += faults(one, schema.get("items", {}), f"{where}[{number}]")
    return found


@pytest.mark.parametrize("path", PATHS)
def test_what_is_described_is_there(served: Served, known: dict[str, str], path: str) -> None:
    operation = PATHS[path]["get"]
    address = re.sub(r"\{(\w+)\}", lambda match: known[match[1]], path)
    answer = served.get(address + ("?q=%E6%B8%A0" if path.startswith("/search") else ""))
    assert str(answer.status) in operation["responses"] and answer.status < 400, answer.text
    content = operation["responses"][str(answer.status)].get("content", {})
    if content:
        media_type = answer.headers["Content-Type"].partition(";")[0]
        assert media_type in content, path
        if schema := content[media_type].get("schema"):
            assert faults(answer.json(), schema) == [], path
    assert [one["name"] for one in operation["parameters"] if one["in"] == "path"] == re.findall(r"\{(\w+)\}", path)


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_asked_gets_a_described_answer(
    served: Served, known: dict[str, str], data: st.DataObject
) -> None:
    """Each value as described, as it is known, or anything at all."""
    path = data.draw(st.sampled_from(sorted(PATHS)))
    operation = PATHS[path]["get"]
    values: dict[str, str] = {}
    query = []
    for one in operation["parameters"]:
        anything = st.text(st.characters(codec="utf-8"), max_size=30)
        choices = [anything, _described(one["schema"])]
        if one["in"] == "path":
            values[one["name"]] = data.draw(st.one_of(st.just(known[one["name"]]), *choices))
        elif data.draw(st.booleans()):
            query.append(f"{one['name']}={quote(data.draw(st.one_of(*choices)), safe='')}")
    address = re.sub(r"\{(\w+)\}", lambda match: quote(values[match[1]], safe=""), path)
    answer = served.get(address + ("?" + "&".join(query) if query else ""))
    # An empty value makes another address, which may be a page, or be sent on to one.
    assert str(answer.status) in {*operation["responses"], "200", "303", "307"}, f"{address}: {answer.text[:300]}"
    assert b"Traceback" not in answer.body


def _described(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    if schema["type"] == "integer":
        return st.integers(schema["minimum"], schema.get("maximum", 10**9)).map(str)
    return st.text(max_size=schema.get("maxLength", 20))
