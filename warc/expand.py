"""A revisit written out in full: the `response` record it stands for, for archives that must stand alone."""

from __future__ import annotations

import base64
import json

from warc import framing, identify, message
from warc.errors import DamagedRecordError
from warc.payload import Payload
from warc.reader import Record
from warc.record import Draft

#: Extension field of a response that was a revisit: one line of JSON with what was taken out of its header
#: (`profile`, `refers-to`, `refers-to-target-uri`, `refers-to-date`, `framing`) and, in base64, the HTTP head that
#: could not stay (`head`): of a 304, or one that does not fit the payload. From it the revisit can be made again.
FIELD = "WARC-Was-Revisit"

_TAKEN = ("warc-profile", "warc-refers-to", "warc-refers-to-target-uri", "warc-refers-to-date")
_COMPUTED = {
    b"warc-type",
    b"warc-record-id",
    b"warc-date",
    b"warc-target-uri",
    b"warc-truncated",  # of a revisit it says that the payload is not here (6.7.2)
    b"warc-payload-digest",
    b"warc-block-digest",
    b"content-length",
}


def response_of(revisit: Record, original: Record) -> Draft:
    """The revisit as a response with the payload of its original; record id and date stay, so do its own head and
    the exact wire framing, as long as they fit that payload.

    Raises:
        DamagedRecordError: The original's payload is not the one the revisit was recorded for.
    """
    own_head, _ = revisit.http()
    head, payload = original.http()
    stated = revisit.get("WARC-Payload-Digest")
    if stated and len(stated) == 37 and stated.startswith("sha1:") and stated.upper() != payload.digest.upper():
        raise DamagedRecordError(
            original.path,
            original.offset,
            f"its payload is {payload.digest}, a revisit ({revisit.path.name}, byte {revisit.offset}) names {stated}",
            "Restore the file from a copy",
        )
    fits = _fits(own_head, head, payload)
    was = {name.removeprefix("warc-"): value for name in _TAKEN if (value := revisit.get(name)) is not None}
    dropped = set(_COMPUTED) | {name.encode() for name in _TAKEN}
    if not fits:
        dropped.add(framing.FIELD.lower().encode())
        if note := revisit.get(framing.FIELD):
            was["framing"] = note
        if own_head:
            was["head"] = base64.b64encode(own_head).decode("ascii")
    fields = [
        (name.decode("ascii", "replace"), value.decode("utf-8", "replace"))
        for name, value in revisit.header
        if name.lower() not in dropped
    ]
    if identified := original.get(identify.FIELD):
        fields = [*(one for one in fields if one[0].lower() != identify.FIELD.lower()), (identify.FIELD, identified)]
    place = next((n for n, (name, _) in enumerate(fields) if name.lower() == "content-type"), len(fields))
    fields.insert(place, (FIELD, json.dumps(was, separators=(",", ":"))))
    return Draft(
        "response",
        revisit.record_id,
        revisit.date,
        revisit.target_uri,
        fields,
        own_head if fits else head,
        payload,
        payload.digest,
    )


def _fits(own: bytes, original: bytes, payload: Payload) -> bool:
    """Whether a head can stand before a payload: not the empty one of a 304, nor one of another length or coding."""
    if not own:
        return False
    mine, its = message.parse_head(own), message.parse_head(original)
    length = mine.get(b"content-length")
    return (
        mine.status == 200
        and (length is None or length == b"%d" % payload.size)
        and mine.get(b"transfer-encoding") is None
        and mine.get(b"content-encoding") == its.get(b"content-encoding")
    )
