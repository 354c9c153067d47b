"""Makes `variants.txt`: which Chinese character is searched as which.

python -m mirror.search.variants > mirror/search/variants.txt

Traditional forms and the variants of Taiwan and Hong Kong as OpenCC's tables have them; Japanese forms and
compatibility ideographs where they are no characters of GB 2312, so that no two characters of modern Chinese
text become one but those the 1956 simplification itself merged. The file is kept, not made at run time: an
index must not change its meaning when a library is updated. After a change of the file, change the number in
`mirror/store/schema/40-search.sql` too, so that every index is made again.
"""

from __future__ import annotations

import sys
import unicodedata

import opencc

_HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2A6DF), (0x2A700, 0x323AF))
_COMPATIBLE = ((0x2E80, 0x2FD5), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))
#: Forms of print before 1965 that none of the tables has.
_OLD_PRINT = ("戸户", "靑青", "淸清", "鄕乡", "彔录", "絕绝", "眞真", "旣既", "卽即", "吿告", "畵画", "緖绪", "峩峨")


def variants() -> dict[str, str]:
    """Each character that is searched as another, and as which; no value is a key."""
    characters = [chr(code) for first, last in _HAN for code in range(first, last + 1)]
    found: dict[str, str] = {}
    for table in ("t2s", "tw2s", "hk2s"):
        for one, other in zip(characters, _converted(table, characters), strict=True):
            if one != other and len(other) == 1:
                found.setdefault(one, other)
    for one, other in zip(characters, _converted("jp2t", characters), strict=True):
        other = found.get(other, other)
        if one not in found and one != other and len(other) == 1 and not _modern(one) and _modern(other):
            found[one] = other
    for pair in _OLD_PRINT:
        found.setdefault(pair[0], pair[1])
    for first, last in _COMPATIBLE:
        for one in map(chr, range(first, last + 1)):
            other = unicodedata.normalize("NFKC", one)
            if other != one and len(other) == 1:
                found[one] = other
    return {one: _last(found, one) for one in sorted(found) if _last(found, one) != one}


def _converted(table: str, characters: list[str]) -> list[str]:
    return str(opencc.OpenCC(table).convert("\n".join(characters))).split("\n")


def _modern(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _last(found: dict[str, str], one: str) -> str:
    """Where the steps from a character end; in a ring, the smallest of its members."""
    steps = [one]
    while (after := found.get(steps[-1])) is not None:
        if after in steps:
            return min(steps[steps.index(after) :])
        steps.append(after)
    return steps[-1]


if __name__ == "__main__":
    for one, other in variants().items():
        sys.stdout.write(f"{one}{other}\n")
