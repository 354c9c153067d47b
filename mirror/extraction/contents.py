"""Tables of contents: the headings above each heading."""

from __future__ import annotations

from collections.abc import Sequence

#: Codes have one character a level; none is deeper.
_MAX_CODE = 40


def paths_by_code(rows: Sequence[tuple[str, str]]) -> list[tuple[str, ...]]:
    """The titles above each row, outermost first, by the longest code that exists and begins its code.

    The indent of the printed contents is wrong at times; the codes are not.

    Args:
        rows: Code and title in the order of the page.
    """
    at_code: dict[str, int] = {}
    for index, (code, _) in enumerate(rows):
        at_code.setdefault(code, index)
    paths: dict[str, tuple[str, ...]] = {}

    def path_of(code: str) -> tuple[str, ...]:
        known = paths.get(code)
        if known is not None:
            return known
        path: tuple[str, ...] = ()
        for end in range(min(len(code), _MAX_CODE) - 1, 0, -1):
            above = at_code.get(code[:end])
            if above is not None:
                path = (*path_of(code[:end]), rows[above][1])
                break
        paths[code] = path
        return path

    return [path_of(code) for code, _ in rows]


def paths_by_depth(rows: Sequence[tuple[int, str]]) -> list[tuple[str, ...]]:
    """The titles above each row by depth alone: each row hangs under the last one that was less deep."""
    above: list[tuple[int, str]] = []
    paths = []
    for depth, title in rows:
        while above and above[-1][0] >= depth:
            above.pop()
        paths.append(tuple(title for _, title in above))
        above.append((depth, title))
    return paths
