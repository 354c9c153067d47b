"""Private-use points that GB 18030-2000 gave to characters which Unicode has encoded since."""

from __future__ import annotations

import re

#: From GB 18030-2005 and -2022 (and the WHATWG index); Python's table is that of 2000.
_ENCODED_SINCE = {
    0xE78D: 0xFE10, 0xE78E: 0xFE12, 0xE78F: 0xFE11, 0xE790: 0xFE13, 0xE791: 0xFE14, 0xE792: 0xFE15,
    0xE793: 0xFE16, 0xE794: 0xFE17, 0xE795: 0xFE18, 0xE796: 0xFE19, 0xE7C7: 0x1E3F,
    0xE816: 0x20087, 0xE817: 0x20089, 0xE818: 0x200CC, 0xE831: 0x215D7, 0xE83B: 0x2298F, 0xE855: 0x241FE,
    0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6, 0xE82C: 0x9FB7, 0xE832: 0x9FB8, 0xE843: 0x9FB9,
    0xE854: 0x9FBA, 0xE864: 0x9FBB,
}  # fmt: skip
_POINTS = re.compile("[" + "".join(map(chr, _ENCODED_SINCE)) + "]")


def map_private_use(text: str) -> tuple[str, int]:
    """The text with those characters at their Unicode points, and how many there were.

    One character becomes one character, so offsets stay valid.
    """
    # All of them are EE.. in UTF-8; to look for that byte is many times faster than to look for them.
    if text.isascii() or b"\xee" not in text.encode("utf-8", "surrogatepass"):
        return text, 0
    return _POINTS.subn(lambda found: chr(_ENCODED_SINCE[ord(found[0])]), text)
