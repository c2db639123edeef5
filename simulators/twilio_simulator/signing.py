"""How Twilio signs webhooks: https://www.twilio.com/docs/usage/webhooks/webhooks-security"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

SIGNATURE = "X-Twilio-Signature"
SETTINGS = "X-Twilio-Webhooks-Signature-Settings"
# The name of the one shared key that an account here can have.
SHARED_KEY_ID = "webhooks_sharedkey_00000000000000000000000000"


def headers(url: str, form: Mapping[str, str], token: str, shared_key: str = "") -> dict[str, str]:
    """The headers that sign a POST of `form` to `url`, which is signed with its query.

    With a shared key that key signs, with SHA-256, and no longer the account's token.
    """
    signed = url + "".join(name + form[name] for name in sorted(form))
    if not shared_key:
        return {SIGNATURE: _mac(token, signed, "sha1")}
    return {
        SIGNATURE: _mac(shared_key, signed, "sha256"),
        SETTINGS: f"key={SHARED_KEY_ID},algorithm=HMAC_SHA256",
    }


def _mac(secret: str, text: str, digest: str) -> str:
    mac = hmac.new(secret.encode(), text.encode(), getattr(hashlib, digest))
    return base64.b64encode(mac.digest()).decode()
