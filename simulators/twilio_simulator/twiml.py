"""The answer of a webhook: texts to send back, as TwiML or plain text."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree import ElementTree

LONGEST_BYTES = 64 * 1024
TWIML_TYPES = ("", "text/xml", "application/xml", "text/html")


@dataclass(frozen=True)
class Replies:
    """What the application wants sent, and codes of what is wrong with its answer."""

    texts: list[str] = field(default_factory=list)
    alerts: list[int] = field(default_factory=list)


class _Builder(ElementTree.TreeBuilder):
    """Refuses a document type: without one there are no entities to expand."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ElementTree.ParseError("a document type is not allowed")


def read(body: bytes, content_type: str) -> Replies:
    """The replies in an answer; never raises on what the application sent."""
    kind = content_type.partition(";")[0].strip().lower()
    if not body.strip():
        return Replies()
    if len(body) > LONGEST_BYTES:
        return Replies(alerts=[11750])
    if kind == "text/plain":
        return Replies([body.decode("utf-8", "replace")])
    if kind not in TWIML_TYPES:
        return Replies(alerts=[12300])
    try:
        # Safe on outside input: no document type, and a limit on the size.
        root = ElementTree.fromstring(body, ElementTree.XMLParser(target=_Builder()))  # noqa: S314
    except (ElementTree.ParseError, ValueError, LookupError):
        return Replies(alerts=[12100])
    if root.tag != "Response":
        return Replies(alerts=[12100])
    texts = [_text(verb) for verb in root if verb.tag == "Message"]
    strange = any(verb.tag != "Message" for verb in root)
    return Replies([text for text in texts if text], [12200] if strange else [])


def _text(message: ElementTree.Element) -> str:
    bodies = message.findall("Body")
    return "".join(body.text or "" for body in bodies) if bodies else (message.text or "").strip()
