"""What an imitated entry says, part by part, before anything befalls it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from mirror.imitation import prose


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a text: a paragraph, an 【item】, a table, a signature, or a line that stands alone."""

    kind: Literal["paragraph", "item", "table", "signature", "line"]
    text: str = ""
    heading: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    ended: bool = True


def blocks_of(random: Random, leaf: bool) -> list[Block]:
    """What an entry says at first; a heading that stands over others has little text or none."""
    if not leaf:
        return [Block("paragraph", prose.paragraph(random, 2))] if random.random() < 0.3 else []
    blocks: list[Block] = []
    if random.random() < 0.3:
        names = ("概况", "项目建设", "队伍建设")[: random.randint(2, 3)]
        blocks += [Block("item", prose.paragraph(random, random.randint(3, 7)), heading=name) for name in names]
    else:
        # Half of all entries are short, a few very long: the median of the original is about 900 characters.
        count = min(60, max(1, round(random.lognormvariate(1.3, 0.8))))
        blocks += [Block("paragraph", prose.paragraph(random, random.randint(3, 9))) for _ in range(count)]
    if random.random() < 0.15:
        rare = random.choice(prose.RARE_GB18030 if random.random() < 0.5 else prose.PRIVATE_USE)
        blocks.append(Block("paragraph", f"碑阳题名有“{rare}”字，今人多不识，志之待考；〃者同上。"))
    if random.random() < 0.25:
        rows = [("年份", "作物", "面积（亩）", "备注")]
        rows += [
            (str(1986 + row), random.choice(prose.CROPS), str(random.randint(100, 99_999)), prose.subject(random))
            for row in range(random.randint(2, 8))
        ]
        caption = f"表 {random.randint(1, 9)}-{random.randint(1, 9)}-1  {prose.subject(random)}一览表"
        blocks.append(Block("table", caption, rows=tuple(rows), ended=random.random() > 0.05))
    if random.random() < 0.2:
        blocks.append(Block("signature", prose.name(random)))
        blocks.append(Block("signature", f"{random.randint(1987, 2006)}年{random.randint(1, 12)}月"))
    elif random.random() < 0.15 and blocks[-1].kind == "paragraph":
        last = blocks.pop()
        blocks.append(replace(last, text=f"{last.text}({prose.name(random)})"))
    return blocks
