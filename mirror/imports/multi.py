"""Multi-WACZ: a manifest that names packages lying beside it, as ReplayWeb.page, browsertrix and we have it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

#: A manifest larger than this is none.
_LONGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class Package:
    """One package of a manifest.

    Attributes:
        name: As the manifest has it.
        path: Where it lies; None if it does not lie beside the manifest.
        sha256: In hex, as the manifest has it; "" if it does not say.
    """

    name: str
    path: Path | None
    sha256: str


def packages(path: Path) -> list[Package] | None:
    """The packages a manifest names, in its order; None if the file or folder is no multi-WACZ.

    Args:
        path: The manifest, or the folder in which it lies as `datapackage.json`.
    """
    manifest = path / "datapackage.json" if path.is_dir() else path
    if not manifest.is_file() or manifest.suffix != ".json" or manifest.stat().st_size > _LONGEST:
        return None
    try:
        stated = json.loads(manifest.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    resources = stated.get("resources") if isinstance(stated, dict) else None
    if not isinstance(resources, list) or not any(_is_package(one) for one in resources):
        return None
    return [_package(one, manifest.parent) for one in resources if isinstance(one, dict)]


def _is_package(resource: Any) -> bool:
    return isinstance(resource, dict) and _base(resource).lower().endswith(".wacz")


def _base(resource: dict[str, Any]) -> str:
    """Name of the file: a path may be a URL, also one with a query that signs it."""
    return Path(unquote(urlsplit(str(resource.get("path") or resource.get("name") or "")).path)).name


def _package(resource: dict[str, Any], folder: Path) -> Package:
    stated = Path(str(resource.get("path") or ""))
    # Never outside the folder, whatever a manifest says.
    inside = not stated.is_absolute() and ".." not in stated.parts
    candidates = [folder / stated] if inside else []
    candidates.append(folder / _base(resource))
    found = next((one for one in candidates if one.is_file()), None)
    digest = str(resource.get("hash") or "")
    sha256 = digest.removeprefix("sha256:").lower() if digest.startswith("sha256:") else ""
    return Package(str(resource.get("name") or _base(resource)), found, sha256)
