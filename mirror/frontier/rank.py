"""In which order questions are asked."""

from mirror.extraction.page import PageKind

#: Order of asking: what names other questions before what is named.
RANK: dict[PageKind, int] = {
    "robots": 0,
    "home": 1,
    "sitemap": 2,
    "library": 3,
    "list": 4,
    "entry": 5,
    "asset": 6,
    "search": 7,
    "other": 8,
}
