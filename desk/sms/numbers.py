"""Patients' numbers: stored encrypted, found again by a keyed hash, shown in full by permission
only."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import cache

import phonenumbers
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def encrypt(text: str) -> str:
    """`text` for the database; the same text gives another result each time."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """What `encrypt` was given.

    Raises cryptography.fernet.InvalidToken when it was stored under another key, or changed.
    """
    return _fernet().decrypt(stored.encode()).decode()


def fingerprint(address: str) -> str:
    """A keyed hash to look `address` up by; without the key nobody can try out all numbers."""
    return hmac.new(_key(b"look up"), address.encode(), hashlib.sha256).hexdigest()


def seal(text: str) -> str:
    """A keyed hash that only the desk can make; the ledger of consent is chained with it."""
    return hmac.new(_key(b"ledger"), text.encode(), hashlib.sha256).hexdigest()


def link_digest(secret: str) -> str:
    """A keyed hash of the secret in a link."""
    return hmac.new(_key(b"link"), secret.encode(), hashlib.sha256).hexdigest()


def telephone(address: str) -> str:
    """The telephone number in a provider's address, as E.164; empty when there is none."""
    number = address.rpartition(":")[2]
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ""
    return number if phonenumbers.is_possible_number(parsed) else ""


def masked(address: str) -> str:
    """`address` with all but its last two digits hidden."""
    return f"••• {address[-2:]}"


@cache
def _key(purpose: bytes) -> bytes:
    kdf = HKDF(SHA256(), length=32, salt=None, info=b"frontdesk sms " + purpose)
    return kdf.derive(settings.SMS_KEY.encode())


@cache
def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(b"encryption")))
