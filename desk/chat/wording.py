"""What the desk itself says to patients, with the clinic's own numbers."""

from __future__ import annotations

from functools import cache

from knowledge import Knowledge, load_knowledge


@cache
def knowledge() -> Knowledge:
    """What the clinic has approved to say; read once. Raises KnowledgeError."""
    return load_knowledge()


SAFE = {
    "en": (
        "I cannot answer right now. Your message is saved, and I will answer it here as soon as I "
        "can.\n\nIf you would rather not wait, please call the clinic: {phone}."
    ),
    "es": (
        "No puedo responder en este momento. Su mensaje está guardado y lo responderé aquí en "
        "cuanto pueda.\n\nSi prefiere no esperar, llame a la clínica: {phone}."
    ),
}
FAILED = {
    "en": (
        "I am sorry, I could not process your last message. Our staff will see it. Please call the "
        "clinic if it cannot wait: {phone}."
    ),
    "es": (
        "Lo siento, no pude procesar su último mensaje. Nuestro personal lo verá. Llame a la "
        "clínica si no puede esperar: {phone}."
    ),
}

NOT_STORED = {
    "en": (
        "Your message could not be saved. Please send it again in a moment, or call the clinic: "
        "{phone}."
    ),
    "es": (
        "No se pudo guardar su mensaje. Envíelo de nuevo en un momento o llame a la clínica: "
        "{phone}."
    ),
}

# English is the clinic's own wording.
EMERGENCY = {
    "es": (
        "En una emergencia llame al 911. Si piensa en suicidarse o en hacerse daño, llame o envíe "
        "un mensaje de texto al 988, a cualquier hora."
    ),
}


def safe_message(locale: str) -> str:
    """For a message that the assistant cannot answer now: the clinic's number, and what to do in an
    emergency."""
    return _with_emergency(SAFE, locale)


def failed_message(locale: str) -> str:
    """For a message that the assistant will never be able to answer."""
    return _with_emergency(FAILED, locale)


def not_stored_message(locale: str) -> str:
    """For a message that the desk could not even store: send it again, or call."""
    return _with_emergency(NOT_STORED, locale)


def _with_emergency(texts: dict[str, str], locale: str) -> str:
    clinic = knowledge().clinic
    text = texts.get(locale, texts["en"]).format(phone=clinic.phone_display)
    return f"{text}\n\n{EMERGENCY.get(locale, clinic.emergency)}"
