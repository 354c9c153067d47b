"""Numbers of octets as people read them."""

from __future__ import annotations


def size(octets: float | None) -> str:
    """Octets in powers of 1024, such as `1.5 KiB`; a dash where the number is not known."""
    if octets is None:
        return "–"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if octets < 1024:
            return f"{octets:.0f} {unit}" if unit == "B" else f"{octets:.1f} {unit}"
        octets /= 1024
    return f"{octets:.1f} TiB"
