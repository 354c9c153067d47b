"""Sources in trouble: databases that show less than they hold, on the imitation's socket."""

from __future__ import annotations

from dataclasses import replace

from mirror.imitation import Corpus
from mirror.imitation.corpus import ImitatedBook, ImitatedHeading


class HalfLoaded(Corpus):
    """Every table of contents breaks off after its fourth line, with status 200 and a proper end."""

    def headings(self, book: ImitatedBook) -> tuple[ImitatedHeading, ...]:
        return super().headings(book)[:4]


class OneBookShort(Corpus):
    """One book lost its contents but for four lines."""

    def headings(self, book: ImitatedBook) -> tuple[ImitatedHeading, ...]:
        found = super().headings(book)
        return found[:4] if book.place == "ch9/1" else found


class LibraryLost(Corpus):
    """The last library is no longer named."""

    def libraries(self) -> list[tuple[str, str]]:
        return super().libraries()[:-1]


class TwoBareHeadings(Corpus):
    """Two headings of the first book, one behind the other, have no text."""

    def lines(self, book: ImitatedBook, heading: ImitatedHeading) -> list[str]:
        bare = [one.uid for one in super().headings(book)[3:5]]
        return [] if book.place == "ch9/1" and heading.uid in bare else super().lines(book, heading)


class OneBareHeading(TwoBareHeadings):
    """The first of them is gone, and the other has its number."""

    def headings(self, book: ImitatedBook) -> tuple[ImitatedHeading, ...]:
        found = super().headings(book)
        if book.place != "ch9/1":
            return found
        return (*found[:3], *(replace(one, rec=one.rec - 1) for one in found[4:]))
