"""Prose of our own and the two ways the old database cut it, for tests."""

from __future__ import annotations

SENTENCES = (
    "海塘始筑于唐开元年间，初为土塘，长124里，岁修岁坏。",
    "宋庆历四年（1044），知县主持改筑石塘，以木桩固其基，以条石砌其面，自此潮患稍息。",
    "明清两代屡经修葺，其中规模最大的一次在乾隆二十七年，用银12.6万两，历时3年始成！",
    "民国22年秋，飓风过境，塘身决口7处，淹田3200余亩，死41人；次年官民合力堵口。",
    "“塘在则田在”，乡谚如此。",
    "1954年，全塘改建为标准海塘，设计潮位5.2米，占全县塘长的68.75％，可御百年一遇的大潮。",
    "塘工所用条石多采自东山石矿，每块长五尺、宽二尺、厚一尺五寸，砌时以糯米灰浆勾缝，丁顺相间，层层收分。",
    "《塘志》云：“丁石长三之一，顺石长二之一。”今存残碑可证。",
    "沿河设堡房48座，每堡驻兵4名，昼夜巡视；遇6级以上大风即行封堵闸口。",
)
CLOSERS = frozenset("，。、；：！？）》】〉”’」』…,.;:!?)％")


def columns_of(char: str) -> int:
    return 1 if char < "\x80" else 2


def cut_hard(paragraph: str, width: int) -> list[str]:
    """Cut as soon as the width is reached, whatever the character."""
    lines, line, size = [], "", 0
    for char in paragraph:
        line += char
        size += columns_of(char)
        if size >= width:
            lines.append(line)
            line, size = "", 0
    return [*lines, line] if line else lines


def cut_hanging(paragraph: str, width: int) -> list[str]:
    """Cut before the character that has no room, but let closing punctuation hang over the edge."""
    lines, line, size = [], "", 0
    for char in paragraph:
        if size + columns_of(char) > width and not (char in CLOSERS and size < width + 4):
            lines.append(line)
            line, size = "", 0
        line += char
        size += columns_of(char)
    return [*lines, line] if line else lines
