"""Whether a webhook was sent by the SMS provider.

Sources: Twilio, "Webhooks security" (HMAC over URL and parameters; shared keys with SHA-256);
Telnyx, "Webhook
fundamentals" (Ed25519 over time and body). The functions never raise on what a request holds: it is
outside input.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TWILIO_SIGNATURE = "X-Twilio-Signature"
TWILIO_SETTINGS = "X-Twilio-Webhooks-Signature-Settings"
TELNYX_SIGNATURE = "telnyx-signature-ed25519"
TELNYX_TIMESTAMP = "telnyx-timestamp"
REPLAY_SECONDS = 300

HASHES = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}
PORTS = {"https": 443, "http": 80}

Parameters = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class TwilioSecrets:
    """The secrets that are live: two of a kind while one replaces the other.

    `tokens` are the account's auth tokens, which sign with SHA-1; `shared_keys` sign with SHA-256.
    A key of one kind
    proves nothing in the form of the other, so that no one can choose the weaker hash for the newer
    key.
    """

    tokens: tuple[str, ...] = ()
    shared_keys: tuple[str, ...] = ()

    def of(self, algorithm: str) -> tuple[str, ...]:
        return self.shared_keys if algorithm == "HMAC_SHA256" else self.tokens


def public_url(public_base: str, path: str, query: str) -> str:
    """The URL that the provider called, of which a server behind a proxy sees only path and query.

    `public_base` is the address as configured at the provider ("https://clinic.example"). It comes
    from the settings
    and never from X-Forwarded headers, which a caller can write. `query` is the raw query string.
    """
    return public_base.rstrip("/") + path + (f"?{query}" if query else "")


def twilio_is_genuine(
    secrets: TwilioSecrets,
    url: str,
    parameters: Parameters | None,
    body: bytes,
    signature: str,
    settings: str = "",
) -> bool:
    """Whether Twilio signed this request.

    `url` is the public URL with its query, `parameters` all form fields that came (None when the
    body is no form, such
    as JSON: then its hash is in the query as `bodySHA256`), `signature` and `settings` the two
    headers.
    """
    algorithm = _algorithm(settings)
    if algorithm not in HASHES or not signature:
        return False
    parts = _split(url)
    if parts is None:
        return False
    if parameters is None and not _body_is_whole(parts, body):
        return False
    return any(
        [
            hmac.compare_digest(
                _twilio_signature(secret, candidate, parameters or {}, algorithm), _bytes(signature)
            )
            for secret in secrets.of(algorithm)
            for candidate in (_without_port(parts), _with_port(parts))
            if secret
        ]
    )


def telnyx_is_genuine(
    public_keys: Iterable[str],
    body: bytes,
    signature: str,
    timestamp: str,
    *,
    now: float | None = None,
) -> bool:
    """Whether Telnyx signed `body` within the last five minutes, with one of `public_keys`
    (base64).

    A replay within those minutes is for the caller to notice, by the id of the event.
    """
    try:
        sent = (
            int(timestamp)
            if timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12
            else None
        )
        proof = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    if sent is None or abs((time.time() if now is None else now) - sent) > REPLAY_SECONDS:
        return False
    return any([_ed25519(key, proof, timestamp.encode() + b"|" + body) for key in public_keys])


def _ed25519(public_key: str, proof: bytes, signed: bytes) -> bool:
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
    try:
        key.verify(proof, signed)
    except InvalidSignature:
        return False
    return True


def _algorithm(settings: str) -> str:
    """The hash that the header names ("key=...,algorithm=HMAC_SHA256"); the older form has no
    header."""
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return "HMAC_SHA1"


def _twilio_signature(secret: str, url: str, parameters: Parameters, algorithm: str) -> bytes:
    signed = url + "".join(
        name + value for name in sorted(parameters) for value in sorted(set(parameters[name]))
    )
    return base64.b64encode(hmac.new(_bytes(secret), _bytes(signed), HASHES[algorithm]).digest())


def _body_is_whole(url: SplitResult, body: bytes) -> bool:
    given = parse_qs(url.query).get("bodySHA256", [""])[0]
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), _bytes(given))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # Reading it raises when it is no number.
    except ValueError:
        return None
    return parts if parts.scheme in PORTS and parts.hostname else None


def _without_port(parts: SplitResult) -> str:
    if not parts.port:
        return parts.geturl()
    return parts._replace(netloc=parts.netloc.removesuffix(f":{parts.port}")).geturl()


def _with_port(parts: SplitResult) -> str:
    if parts.port:
        return parts.geturl()
    return parts._replace(netloc=f"{parts.netloc}:{PORTS[parts.scheme]}").geturl()


def _bytes(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which no provider sends, must not raise."""
    return text.encode("utf-8", "surrogatepass")
