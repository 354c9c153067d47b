"""A capture's evidence is read from disk at every look, and what does not agree is said."""

from __future__ import annotations

import gzip
import hashlib

from tests.browse.serving import Served, serving
from tests.home import Home


def places(served: Served, changed: str) -> list[tuple[str, int]]:
    return [(one["warc"], one["offset"]) for one in served.facts(f"/c/zhi/{changed}")["captures"]]


def test_every_kind_of_capture_is_verified(served: Served, held: Home) -> None:
    kinds = set()
    for place in held.entries("zhi"):
        for capture in served.facts(f"/c/zhi/{place}")["captures"]:
            if (capture["type"], capture["status"]) in kinds:
                continue
            kinds.add((capture["type"], capture["status"]))
            found = served.facts(f"/record/zhi/{capture['warc']}/{capture['offset']}")
            assert found["sound"] is True, found
            assert found["request_head"].startswith("GET /") and found["response_head"].startswith("HTTP/1.1 ")
    assert {kind for kind, _ in kinds} == {"response", "revisit"}


def test_the_exact_bytes(served: Served, changed: str, held: Home) -> None:
    warc, offset = places(served, changed)[0]
    facts = served.facts(f"/record/zhi/{warc}/{offset}")
    member = served.get(f"/raw/zhi/{warc}/{offset}/record.warc.gz")
    archive = (held.path / "collections/zhi/archive" / warc).read_bytes()
    assert member.body == archive[offset : offset + facts["capture"]["length"]]
    assert gzip.decompress(member.body).startswith(b"WARC/1.1\r\n")
    payload = served.get(f"/raw/zhi/{warc}/{offset}/payload")
    assert len(payload.body) == facts["payload_bytes"]
    assert "attachment" in payload.headers["Content-Disposition"]
    assert payload.headers["Content-Security-Policy"].startswith("sandbox")
    import base64

    digest = base64.b32encode(hashlib.sha1(payload.body).digest()).decode()
    assert facts["capture"]["payload_digest"] == f"sha1:{digest}"


def test_damage_is_seen_at_once(copied: Home, served: Served, changed: str) -> None:
    warc, offset = places(served, changed)[0]
    path = copied.path / "collections/zhi/archive" / warc
    whole = bytearray(path.read_bytes())
    with serving(copied.path) as damaged:
        assert damaged.facts(f"/record/zhi/{warc}/{offset}")["sound"] is True
        whole[offset + 400] ^= 0x20
        path.write_bytes(whole)
        found = damaged.facts(f"/record/zhi/{warc}/{offset}")
        assert found["sound"] is not True and (found["problem"] or found["checks"])
        assert "核验无误" not in damaged.page(f"/record/zhi/{warc}/{offset}")
        path.unlink()
        assert "从副本恢复" in damaged.page(f"/record/zhi/{warc}/{offset}")
        assert damaged.get(f"/raw/zhi/{warc}/{offset}/payload").status == 503


def test_what_is_no_record_is_not_read(served: Served, changed: str) -> None:
    warc, offset = places(served, changed)[0]
    assert served.get(f"/record/zhi/{warc}/{offset + 1}").status == 404
    assert served.get(f"/raw/zhi/{warc}/{offset + 1}/payload").status == 404
    assert served.get(f"/record/old/{warc}/{offset}").status == 404
