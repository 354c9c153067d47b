"""What a library code says of the library: of which place it tells, and of what kind it is.

Certain codes are listed; the rest follows the pattern of the source's local codes, `b` + city and `c` + city +
county with the cities in the order of the 1990s. What follows from the pattern alone is marked as inferred.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Cities of Shandong by the character they have in library codes; 莱芜 was still a city of its own.
_CITIES = {
    "1": ("济南", "Jinan"),
    "2": ("青岛", "Qingdao"),
    "3": ("淄博", "Zibo"),
    "4": ("枣庄", "Zaozhuang"),
    "5": ("东营", "Dongying"),
    "6": ("烟台", "Yantai"),
    "7": ("潍坊", "Weifang"),
    "8": ("济宁", "Jining"),
    "9": ("泰安", "Tai'an"),
    "a": ("威海", "Weihai"),
    "b": ("日照", "Rizhao"),
    "c": ("莱芜", "Laiwu"),
    "d": ("滨州", "Binzhou"),
    "e": ("德州", "Dezhou"),
    "f": ("聊城", "Liaocheng"),
    "g": ("临沂", "Linyi"),
    "h": ("菏泽", "Heze"),
}
_PROVINCE = ("山东省", "Shandong")
#: Codes whose meaning the source itself states.
_PROVINCE_WIDE = frozenset(("a", "g0", "d00", "f063", "fa01", "zzmj"))
_TOWNSHIPS = frozenset(("xzcz",))


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where a library stands: place and kind, each in Chinese and English."""

    order: tuple[int, str]
    kind: tuple[str, str]
    place: tuple[str, str]
    inferred: bool


def shelf(code: str) -> Shelf:
    """The shelf of a library, by its code. A code of no known pattern stands on the last one."""
    if code in _PROVINCE_WIDE:
        return Shelf((0, ""), ("省级", "province"), _PROVINCE, False)
    if code in _TOWNSHIPS:
        return Shelf((3, ""), ("乡镇村", "townships and villages"), _PROVINCE, False)
    city = _CITIES.get(code[1:2])
    if city is not None and len(code) == 2 and code[0] == "b":
        return Shelf((1, code[1]), ("市级", "city"), city, True)
    if city is not None and len(code) == 3 and code[0] == "c":
        return Shelf((2, code[1]), ("县级", "county"), city, True)
    return Shelf((4, ""), ("其他", "other"), ("未分类", "unsorted"), True)
