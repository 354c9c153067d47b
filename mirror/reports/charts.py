"""Charts as SVG inside the page: drawn from the figures, coloured by the page's own style. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

_WIDTH, _LEFT = 720, 44


def columns(values: Sequence[float], labels: tuple[str, str], about: str, *, bound: float | None = None) -> Markup:
    """A column for each value, from the first to the last in time.

    Args:
        values: In order; none below 0.
        labels: Of the left and the right end.
        about: What is shown, for those who cannot see it.
        bound: A level to draw a line at.
    """
    height, base = 150, 122
    top = max([*values, bound or 0, 1])
    step = (_WIDTH - _LEFT) / max(1, len(values))
    drawn = [
        f'<rect x="{_LEFT + place * step:.1f}" y="{base - 110 * value / top:.1f}" width="{max(0.6, step - 1):.1f}" '
        f'height="{110 * value / top:.1f}" fill="var(--held)"><title>{value:,.0f}</title></rect>'
        for place, value in enumerate(values)
        if value
    ]
    if bound:
        level = base - 110 * bound / top
        drawn.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{level:.1f}" y2="{level:.1f}" stroke="var(--lack)" '
            'stroke-dasharray="4 3"/>'
        )
    drawn.append(_axis(base, top))
    drawn.append(_text(_LEFT, height - 8, labels[0]) + _text(_WIDTH, height - 8, labels[1], "end"))
    return _svg(height, drawn, about)


def parts(rows: Sequence[tuple[str, int, int]], about: str) -> Markup:
    """A bar for each row: how much of its whole is there.

    Args:
        rows: Label, part, whole.
        about: What is shown.
    """
    drawn, label = [], 210
    longest = max([whole for _, _, whole in rows] or [1]) or 1
    space = _WIDTH - label - 90
    for place, (name, part, whole) in enumerate(rows):
        y = 8 + place * 24
        width = max(2.0, space * whole / longest)
        held = width * min(part, whole) / whole if whole else 0.0
        drawn.append(
            _text(label - 10, y + 11, name if len(name) <= 15 else name[:14] + "…", "end")
            + f'<rect x="{label}" y="{y}" width="{width:.1f}" height="14" fill="var(--lack)"/>'
            f'<rect x="{label}" y="{y}" width="{held:.1f}" height="14" fill="var(--held)"/>'
            + _text(label + width + 8, y + 11, f"{part:,} / {whole:,}")
        )
    return _svg(16 + 24 * len(rows), drawn, about)


def history(points: Sequence[tuple[str, int, int]], about: str) -> Markup:
    """How much was expected and held, crawl by crawl.

    Args:
        points: Label, held, expected.
        about: What is shown.
    """
    height, base = 170, 138
    top = max([max(held, expected) for _, held, expected in points] or [1]) or 1
    step = (_WIDTH - _LEFT - 20) / max(1, len(points) - 1)

    def line(values: Sequence[int], colour: str, dash: str) -> str:
        places = [(_LEFT + 8 + n * step, base - 120 * value / top) for n, value in enumerate(values)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        dots = "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{value:,}</title></circle>'
            for (x, y), value in zip(places, values, strict=True)
        )
        return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" {dash}/>{dots}'

    drawn = [
        line([expected for _, _, expected in points], "var(--lack)", 'stroke-dasharray="5 4"'),
        line([held for _, held, _ in points], "var(--held)", ""),
        _axis(base, top),
    ]
    if points:
        drawn.append(_text(_LEFT, height - 10, points[0][0]) + _text(_WIDTH, height - 10, points[-1][0], "end"))
    return _svg(height, drawn, about)


def _axis(base: float, top: float) -> str:
    return (
        f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{base}" y2="{base}" stroke="var(--line)"/>'
        + _text(_LEFT - 6, base, "0", "end")
        + _text(_LEFT - 6, 18, f"{top:,.0f}", "end")
    )


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(height: float, drawn: Sequence[str], about: str) -> Markup:
    return Markup(
        f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{escape(about)}">{"".join(drawn)}</svg>'
    )
