"""BibTeX, readable by biblatex too."""

from __future__ import annotations

from mirror.cite.source import Source, note

_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{one: f"\\{one}" for one in "&%$#_{}"},
    }
)


def write(source: Source) -> str:
    """One `@incollection`. Titles stand in double braces, so that no style changes their case."""
    fields = [
        ("title", f"{{{_text(source.title)}}}"),
        ("booktitle", f"{{{_text(source.book)}}}"),
        ("series", f"{{{_text(source.library)}}}"),
        ("url", source.link.replace("\\", "%5C").replace("{", "%7B").replace("}", "%7D")),
        ("urldate", f"{source.captured:%Y-%m-%d}"),
        ("note", _text(note(source))),
        ("langid", "chinese"),
    ]
    if source.authors:
        fields.insert(0, ("author", " and ".join(f"{{{_text(name)}}}" for name in source.authors)))
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields)
    return f"@incollection{{{source.id.replace('/', '-')},\n{body}\n}}\n"


def _text(text: str) -> str:
    return text.translate(_ESCAPES)
