"""What befalls the books of the imitation over time, chosen by seed, so that every change is known beforehand.

State 1, in every book: a number edited, a sentence added, an entry retitled, one inserted in the middle, one taken out
near the end. State 2: another template, a book gone (`corpus`). State 3: an entry split, two merged, a number edited
behind them, and the second book of each library set with half-width punctuation. State 4: what state 1 took out is back,
so is the book, and a cell of a table is edited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from random import Random
from typing import Literal

from mirror.imitation.blocks import Block, blocks_of

#: uid, depth, title, and whether it is an entry with a text of its own.
Node = tuple[str, int, str, bool]

_NARROW = str.maketrans("，；：？！（）", ",;:?!()")


@dataclass(frozen=True, slots=True)
class Turns:
    """The entries of one book, by uid, that something befalls; "" where the book is too small for it."""

    split: str = ""
    merged: str = ""  #: takes up the one behind it
    absorbed: str = ""
    renumbered: str = ""  #: a number in its text is edited
    tabled: str = ""  #: a cell of its table is edited

    @property
    def cuts(self) -> list[tuple[Literal["split", "merged"], str, tuple[str, str]]]:
        """Kind, the whole, and its parts."""
        found: list[tuple[Literal["split", "merged"], str, tuple[str, str]]] = []
        if self.split:
            found.append(("split", self.split, (self.split, self.split + "/续")))
        if self.merged:
            found.append(("merged", self.merged, (self.merged, self.absorbed)))
        return found


@lru_cache(maxsize=512)
def turns(seed: int, place: str, nodes: tuple[Node, ...]) -> Turns:
    """Whom what befalls in one book, from its headings at state 0."""
    leaves = [(at, node[0]) for at, node in enumerate(nodes[:-2]) if node[1] == 2]
    blocks = {uid: _first(seed, place, uid, leaf=True) for _, uid in leaves}
    split = next((uid for _, uid in leaves if _halves(blocks[uid])), "")
    free = [(at, uid) for at, uid in leaves if uid != split]
    merged, absorbed = next(
        (
            (uid, other)
            for (at, uid), (next_at, other) in pairwise(free)
            if next_at == at + 1 and min(_weight(blocks[uid]), _weight(blocks[other])) >= 100
        ),
        ("", ""),
    )
    rest = [uid for _, uid in reversed(free) if uid not in (merged, absorbed)]
    renumbered = next((uid for uid in rest if any(char.isdigit() for char in blocks[uid][0].text)), "")
    tabled = next((uid for uid in rest if uid != renumbered and any(b.rows for b in blocks[uid])), "")
    return Turns(split, merged, absorbed, renumbered, tabled)


def nodes_at(nodes: Sequence[Node], state: int, turn: Turns) -> list[Node]:
    """Headings of a book at a state."""
    found = list(nodes)
    if state >= 1:
        middle = next((place for place, node in enumerate(found) if node[1] == 2), len(found) // 2)
        found.insert(middle, ("补遗", found[middle][1], "补遗  新发现的碑刻", True))
        if state < 4:
            found.pop(len(found) - 2)
        retitled = 2 % len(found)
        uid, depth, _, leaf = found[retitled]
        found[retitled] = (uid, depth, "概述（修订）", leaf)
    if state >= 3:
        found = [node for node in found if node[0] != turn.absorbed]
        at = next((place for place, node in enumerate(found) if node[0] == turn.split), None)
        if at is not None:
            uid, depth, title, leaf = found[at]
            found.insert(at + 1, (uid + "/续", depth, f"{title}（续）", leaf))
    return found


def blocks_at(seed: int, place: str, uid: str, leaf: bool, state: int, turn: Turns) -> list[Block]:
    """What an entry of a book says at a state."""
    blocks = _first(seed, place, uid.removesuffix("/续"), leaf=leaf)
    if state >= 1 and blocks and blocks[0].text:
        if uid == "序":
            blocks = [_another_number(blocks[0]), *blocks[1:]]
        elif uid == "大事记/1986":
            blocks = [replace(blocks[0], text=blocks[0].text + "同年，县志办公室恢复，着手续修。"), *blocks[1:]]
    if state >= 3:
        if uid.removesuffix("/续") == turn.split:
            blocks = _halves(blocks)[uid != turn.split]
        elif uid == turn.merged:
            blocks = [*blocks, *_first(seed, place, turn.absorbed, leaf=True)]
        elif uid == turn.renumbered:
            blocks = [_another_number(blocks[0]), *blocks[1:]]
        if place.endswith("/2"):
            blocks = narrow(blocks)
    if state >= 4 and uid == turn.tabled:
        blocks = [_another_cell(block) if block.rows else block for block in blocks]
    return blocks


def narrow(blocks: Sequence[Block]) -> list[Block]:
    """The same words with half-width punctuation."""
    return [replace(block, text=block.text.translate(_NARROW)) for block in blocks]


def _first(seed: int, place: str, uid: str, *, leaf: bool) -> list[Block]:
    return blocks_of(Random(f"{seed}/{place}/{uid}"), leaf)


def _weight(blocks: Sequence[Block]) -> int:
    return sum(len(block.text) for block in blocks)


def _halves(blocks: list[Block]) -> tuple[list[Block], list[Block]] | tuple[()]:
    """The two parts an entry may be split into; () if it is too short."""
    for at in range(1, len(blocks)):
        if min(_weight(blocks[:at]), _weight(blocks[at:])) >= max(100, 0.3 * _weight(blocks)):
            return blocks[:at], blocks[at:]
    return ()


def _another_number(block: Block) -> Block:
    text = block.text
    digit = next((place for place, character in enumerate(text) if character.isdigit()), None)
    if digit is None:
        return block
    return replace(block, text=f"{text[:digit]}{(int(text[digit]) + 1) % 10}{text[digit + 1 :]}")


def _another_cell(block: Block) -> Block:
    head, first, *rest = block.rows
    return replace(block, rows=(head, (first[0], first[1], f"{first[2]}0", *first[3:]), *rest))
