"""What the desk itself says by SMS; every text is GSM-7 and at most two segments."""

from __future__ import annotations

from chat.wording import knowledge


def first_notice() -> str:
    """Who texts, that it is automated, how to stop it, and what not to send (CTIA, HHS)."""
    clinic = knowledge().clinic
    return (
        f"{clinic.name}: this is an automated assistant, not a clinician. Texts are not private; "
        f"please "
        "send no medical details. Msg&data rates may apply. Reply STOP to end, HELP for help. "
        "Emergency: call 911."
    )


def stopped() -> str:
    """The one confirmation after a revocation."""
    clinic = knowledge().clinic
    return (
        f"{clinic.name}: you will get no more texts from us. Reply START to get them again. "
        "No le enviaremos mas mensajes; responda START para volver a recibirlos."
    )


def how_to_end(*, spanish: bool) -> str:
    """The line below the answer to a message that may have asked for no more texts."""
    if spanish:
        return "Para no recibir mas mensajes responda STOP."
    return "To end these texts reply STOP."


def started() -> str:
    """The confirmation that texts come again."""
    clinic = knowledge().clinic
    return f"{clinic.name}: you will get our texts again. Reply STOP to end, HELP for help."


def help_text() -> str:
    """The answer to HELP: who we are and how to reach us (CTIA Messaging Principles 5.1.2)."""
    clinic = knowledge().clinic
    return (
        f"{clinic.name}, automated assistant. Ask about headaches or an appointment, or call "
        f"{clinic.phone_display}. Reply STOP to end. Msg&data rates may apply. Emergency: call 911."
    )


def only_media() -> str:
    """The answer to a picture, a file or a place without any words."""
    clinic = knowledge().clinic
    return (
        "I can only read words, so I did not open what you sent. Please write your question, or "
        "call "
        f"the clinic: {clinic.phone_display}. Emergency: call 911."
    )


def web_link(url: str) -> str:
    """The way to the web chat for what should not be texted."""
    return (
        f"For anything personal use our web chat, not texts. This link works once, for a day: {url}"
    )


def please_call() -> str:
    """Staff would rather speak than text."""
    clinic = knowledge().clinic
    return f"{clinic.name}: please call us at {clinic.phone_display}. Reply STOP to end texts."


def welcome() -> str:
    """The first words of a web chat that a link from a text opened."""
    return (
        "You came here from text messages. What you texted is not shown here. Please ask again; "
        "nothing that you write here is sent as a text."
    )


# What stands in the conversation for a message without words.
NO_WORDS = "(A picture, file or place without words; it was not opened.)"
