"""A query held against entries: against the index as an FTS5 expression, or against one stream in Python.

Both give the same answer; the second is for what is not in the index yet.
"""

from __future__ import annotations

from array import array

from mirror.search.fold import BOUNDARY
from mirror.search.query import All, Any, Near, Node, Term


def pairs(text: str) -> list[str]:
    """The tokens of a stream: every two neighbouring characters. A blank would end a token, so it is U+00A0."""
    text = text.replace(" ", "\u00a0")
    return list(map(str.__add__, text, text[1:]))


def document(parts: list[str]) -> str:
    """Tokens of a whole entry, for the index; parts are streams. Each character begins one token, and ends one."""
    text = BOUNDARY.join(["", *parts, ""]).replace(" ", "\u00a0")
    # What `" ".join(pairs(text))` gives, in a tenth of the time: every third character a blank.
    characters = array("I", text.encode("utf-32-le"))
    tokens = array("I", b" \0\0\0") * (3 * len(characters) - 3)
    tokens[0::3], tokens[1::3] = characters[:-1], characters[1:]
    return tokens.tobytes().decode("utf-32-le")


def characters(parts: list[str]) -> set[str]:
    """The different characters of an entry, tokens of the index of single characters."""
    return set("".join(parts).replace(" ", "\u00a0"))


def single(node: Node) -> bool:
    """Whether every term is one character and no distance matters: then the small index answers."""
    match node:
        case Term(text):
            return len(text) == 1
        case Near():
            return False
        case All(parts, without):
            return all(map(single, (*parts, *without)))
        case Any(parts):
            return all(map(single, parts))


def expression(node: Node, *, of_characters: bool = False) -> str:
    """A query as FTS5 wants it."""
    match node:
        case Term(text):
            return _phrase(text, of_characters)
        case Near(terms, far):
            # FTS5 counts tokens between the end of one phrase and the start of the last; a phrase of n
            # characters has n - 1 tokens.
            return f"NEAR({' '.join(_phrase(term.text, False) for term in terms)}, {far + 1})"
        case Any(parts):
            return "(" + " OR ".join(expression(part, of_characters=of_characters) for part in parts) + ")"
        case All(parts, without):
            found = " AND ".join(expression(part, of_characters=of_characters) for part in parts)
            unwanted = "".join(f" NOT {expression(part, of_characters=of_characters)}" for part in without)
            return f"(({found}){unwanted})"


def _phrase(text: str, of_characters: bool) -> str:
    if len(text) > 1:
        return '"' + " ".join(pairs(text)).replace('"', '""') + '"'
    quoted = '"' + text.replace(" ", "\u00a0").replace('"', '""') + '"'
    return quoted if of_characters else f"{quoted} *"


def is_match(node: Node, text: str) -> bool:
    """Whether the stream of an entry, its parts joined by BOUNDARY, is a hit."""
    match node:
        case Term(wanted):
            return wanted in text
        case All(parts, without):
            return all(is_match(part, text) for part in parts) and not any(is_match(part, text) for part in without)
        case Any(parts):
            return any(is_match(part, text) for part in parts)
        case Near(terms, far):
            return _is_near([term.text for term in terms], far, text)


def _is_near(terms: list[str], far: int, text: str) -> bool:
    found = [places(term, text) for term in terms]
    for last in sorted(set().union(*found)):
        if all(
            any(last - max(1, len(term) - 1) - far - 1 <= place <= last for place in of_term)
            for term, of_term in zip(terms, found, strict=True)
        ):
            return True
    return False


def places(term: str, text: str) -> list[int]:
    """Where a term stands in a stream; it may overlap itself."""
    found, at = [], text.find(term)
    while at >= 0:
        found.append(at)
        at = text.find(term, at + 1)
    return found
