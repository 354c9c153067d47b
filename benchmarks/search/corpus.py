"""Made-up Chinese text with the statistics that matter to an index: frequencies of characters, words and lengths.

Characters of GB 2312 by Zipf's law make 60,000 words of one to four characters; these by Zipf's law make
entries, with punctuation and numbers, of which half are shorter than about 900 characters, as in the real books
(SITE facts: median 870-980). Word follows word by chance, so there are more different pairs of characters than in
real prose: the index comes out larger here than it would there.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate
from random import Random

WORDS = 60_000


def words(random: Random) -> list[str]:
    characters = [
        bytes((row, cell)).decode("gb2312")
        for row in range(0xB0, 0xF8)
        for cell in range(0xA1, 0xFF)
        if not (row == 0xD7 and cell > 0xF9)
    ]
    random.shuffle(characters)
    weights = list(accumulate(1 / (rank + 10) for rank in range(len(characters))))
    found: dict[str, None] = {}
    while len(found) < WORDS:
        length = random.choice((1, 2, 2, 2, 2, 2, 3, 4))
        found["".join(characters[bisect(weights, random.random() * weights[-1])] for _ in range(length))] = None
    return list(found)


def entries(count: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Titles and texts."""
    random = Random(seed)
    known = words(random)
    weights = list(accumulate(1 / (rank + 8) for rank in range(len(known))))
    for _ in range(count):
        length = min(30_000, max(5, round(random.lognormvariate(6.0, 1.0))))
        chosen = random.choices(known, cum_weights=weights, k=length)
        out = []
        for at in range(0, length, 6):
            out += chosen[at : at + 6]
            out.append("。\n" if at % 60 == 54 else "。" if at % 18 == 12 else "，")
            if at % 30 == 0:
                out.append(str(random.randint(1, 99_999)))
        yield "".join(random.choices(known, k=3)), "".join(out)
