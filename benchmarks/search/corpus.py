"""Made-up Chinese text with the statistics that matter to an index: frequencies of characters, pairs, words, lengths.

Characters of GB 2312 by Zipf's law make words of one to four characters, and words make set phrases; both by Zipf's
law make entries, with punctuation, years and numbers. Every entry has a theme, words it comes back to, so that pairs
of characters repeat within it as they do in prose. Half of the entries are shorter than about 900 characters, as in
the real books (SITE facts: median 870-980).

`python -m benchmarks.search.corpus FILE...` sets the statistics beside those of real texts; RESULTS.md has them.
"""

from __future__ import annotations

import sys
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from random import Random

from mirror.search.fold import stream
from mirror.search.match import pairs

WORDS = 60_000
PHRASES = 40_000
#: Words an entry comes back to, and how often it does.
_THEME = 40
_THEMATIC = 0.5


def words(random: Random) -> list[str]:
    """Words, and phrases of two or three of them, in any order."""
    characters = [
        bytes((row, cell)).decode("gb2312")
        for row in range(0xB0, 0xF8)
        for cell in range(0xA1, 0xFF)
        if not (row == 0xD7 and cell > 0xF9)
    ]
    random.shuffle(characters)
    weights = list(accumulate(1 / (rank + 10) ** 1.05 for rank in range(len(characters))))
    found: dict[str, None] = {}
    while len(found) < WORDS:
        length = random.choice((1, 2, 2, 2, 2, 2, 3, 4))
        found["".join(characters[bisect(weights, random.random() * weights[-1])] for _ in range(length))] = None
    known = list(found)
    weights = list(accumulate(1 / (rank + 8) for rank in range(len(known))))
    known += ["".join(random.choices(known, cum_weights=weights, k=random.choice((2, 2, 3)))) for _ in range(PHRASES)]
    random.shuffle(known)
    return known


def entries(count: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Titles and texts."""
    random = Random(seed)
    known = words(random)
    weights = list(accumulate(1 / (rank + 8) for rank in range(len(known))))
    for _ in range(count):
        length = min(20_000, max(4, round(random.lognormvariate(5.4, 1.0))))
        chosen = random.choices(known, cum_weights=weights, k=length)
        theme = random.choices(known, k=_THEME)
        for at in range(length):
            if random.random() < _THEMATIC:
                chosen[at] = theme[int(_THEME * random.random() ** 2)]
        out = []
        for at in range(0, length, 5):
            out += chosen[at : at + 5]
            out.append("。\n" if at % 50 == 45 else "。" if at % 15 == 10 else "，")
            if at % 25 == 0:
                out.append(f"{random.randint(1840, 2005)}年" if at % 50 else str(random.randint(1, 99_999)))
        yield "".join(random.choices(known, k=2)), "".join(out)


def statistics(texts: Iterable[str], most: int = 300_000, piece: int = 1000) -> dict[str, float]:
    """What the size and the speed of an index hang on, of texts cut into pieces alike.

    Args:
        texts: Any.
        most: Characters that are looked at: different pairs grow with the text, so only equal amounts compare.
        piece: Characters of one piece.
    """
    counts: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    pieces = characters = 0
    for text in texts:
        for at in range(0, len(text), piece):
            found = pairs(stream(text[at : at + piece]))
            counts.update(found)
            inside.update(set(found))
            pieces += 1
            characters += len(found)
            if characters >= most:
                break
        if characters >= most:
            break
    ranked = [count / pieces for _, count in inside.most_common()]
    frequent = sum(count for _, count in counts.most_common(1000))
    return {
        "characters": characters,
        "different pairs / characters": len(counts) / characters,
        "different pairs / characters, within a piece": inside.total() / characters,
        "share of the 1,000 most frequent pairs": frequent / characters,
        **{
            f"pieces with pair of rank {rank}": ranked[rank - 1] for rank in (1, 10, 100, 1000) if rank <= len(ranked)
        },
    }


def main() -> None:
    real = statistics(Path(name).read_text("utf-8") for name in sys.argv[1:])
    made = statistics((text for _, text in entries(2000)), most=int(real["characters"]))
    sys.stdout.write(f"{'':50} {'made up':>10} {'real':>10}\n")
    for name, value in real.items():
        sys.stdout.write(f"{name:50} {made[name]:10.3f} {value:10.3f}\n")


if __name__ == "__main__":
    main()
