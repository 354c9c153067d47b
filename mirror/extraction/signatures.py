"""Names signed at the end of an entry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mirror.extraction.lines import BLANKS, indent_of
from mirror.extraction.names import is_name

_ROLE = re.compile(
    r"\A(?:供稿|撰稿|撰文|撰写|作者|执笔|编写|编撰|编辑|编纂|整理|采编|资料提供|提供|审稿|审核|责任编辑|责编"
    r"|摘编|主编|副主编|记述|口述|记录|搜集整理|搜集|校对)(?:人员?|者|单位)?\s*[：:]?\s*"
)
_POST = re.compile(
    r"(?:书记|县长|市长|区长|镇长|乡长|省长|主任|主编|主席|局长|院长|校长|会长|秘书长|教授|研究员|总编|编审"
    r"|部长|理事长|站长|社长)\Z"
)
_BODY = re.compile(
    r"[\u4e00-\u9fff]{2,}(?:委员会|办公室|编辑部|编写组|编纂组|编委会|史志办|方志办|研究院|研究室|人民政府|编辑室|课题组)\Z"
)
_DATE = re.compile(
    r"(?:公元)?(?:[0-9]{4}|[一二三四五六七八九十〇○零O]{4})\s*年(?:\s*[0-9一二三四五六七八九十元]{1,3}\s*月)?"
    r"(?:\s*[0-9一二三四五六七八九十廿初]{1,3}\s*[日旬]?)?(?:[于谨识记\u4e00-\u9fff]{0,6})?\Z"
)
_IN_BRACKETS = re.compile(r"[（(]([^（）()\n]{2,60})[）)][ \t\u3000\xa0。]*\Z")
_AFTER_BRACKETS = BLANKS + "。"
_CLOSING = frozenset("）)")
_SEPARATOR = re.compile(r"[、，,；;/／\s\u3000\xa0]+")
_SPACED = re.compile("(?<![\u3400-\u9fff])([\u3400-\u9fff])[ \u3000\xa0]+(?=[\u3400-\u9fff](?![\u3400-\u9fff]))")

_ROLE_END = " \t\u3000\xa0：:"

#: Signatures are sought in so many lines at the end.
_LAST_LINES = 8
#: A line so far indented is centered or set to the right.
_RIGHT = 8


@dataclass(frozen=True, slots=True)
class Signed:
    """A name signed, and the office or part it was signed in."""

    name: str
    office: str | None


@dataclass(frozen=True, slots=True)
class Signatures:
    signed: tuple[Signed, ...]
    lines: int  #: how many lines at the end hold nothing else
    date: str | None = None  #: the date under the names, as written

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.signed)


def read_signatures(lines: Sequence[str]) -> Signatures:
    """The names signed at the end: `（王学刚）` closing the text, or a name and a date set to the right.

    Sure cases only: what might be a place, a note or the last words of the text is none.

    Args:
        lines: The lines of the text, tables left out.
    """
    names: list[Signed] = []
    taken = 0
    dated: str | None = None
    seen = 0
    for line in reversed(lines):
        bare = line.strip(BLANKS)
        if not bare:
            taken += 1
            continue
        seen += 1
        if seen > _LAST_LINES:
            break
        if len(bare) > 60 and names:
            break
        found = _IN_BRACKETS.search(bare[-80:]) if bare.rstrip(_AFTER_BRACKETS)[-1:] in _CLOSING else None
        if found:
            signed = _names(found[1])
            if not signed or (names and len(bare) > len(found[0])):
                break
            names[:0] = signed
            if len(bare) > len(found[0]):
                return _signatures(names, taken, dated)
            taken += 1
            continue
        set_right = indent_of(line) >= _RIGHT
        if not names and set_right and _DATE.match(bare) and not dated:
            dated = bare
            taken += 1
            continue
        if len(bare) > 40 or not (set_right or _ROLE.match(bare)):
            break
        signed = _names(bare)
        if not signed and dated and _BODY.search(bare):
            signed = [Signed(_SPACED.sub(r"\1", bare), None)]
        if not signed:
            break
        names[:0] = signed
        taken += 1
    return _signatures(names, taken, dated)


def _signatures(signed: Sequence[Signed], taken: int, date: str | None) -> Signatures:
    """Each name once, as it was first signed."""
    once: dict[str, Signed] = {}
    for one in signed:
        once.setdefault(one.name, one)
    return Signatures(tuple(once.values()), taken if once else 0, date if once else None)


def _names(text: str) -> list[Signed]:
    """The names in a list of names, with their offices; empty if anything in it is none."""
    text = _SPACED.sub(r"\1", text.strip(BLANKS))
    role = _ROLE.match(text)
    part_of = post = None
    if role:
        part_of = role[0].rstrip(_ROLE_END) or None
        text = text[role.end() :]
    parts = [part for part in _SEPARATOR.split(text) if part]
    if len(parts) > 12:
        return []
    names: list[Signed] = []
    for at, part in enumerate(parts):
        role = _ROLE.match(part)
        if role and role.end():
            part_of, post = role[0].rstrip(_ROLE_END) or None, None
            part = part[role.end() :].strip("：:")
        if not part:
            continue
        if is_name(part):
            names.append(Signed(part, post or part_of))
            post = None
        elif at < len(parts) - 1 and (_POST.search(part) or _BODY.search(part)):
            post = f"{post} {part}" if post else part
        else:
            return []
    return names
