"""What the clinic has approved to say, as plain frozen data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

Channel = Literal["web", "sms"]

FALLBACK_LOCALE = "en"


@dataclass(frozen=True)
class Wording:
    """One statement in its two lengths: `web` in the reply markup subset, `sms` in plain GSM-7."""

    web: str
    sms: str

    def on(self, channel: Channel) -> str:
        """The text for `channel`; raises ValueError for any other channel than web and sms."""
        if channel == "web":
            return self.web
        if channel == "sms":
            return self.sms
        raise ValueError(f"unknown channel {channel!r}: use web or sms")


@dataclass(frozen=True)
class Source:
    """Where a patient can read what an answer says."""

    title: str
    section: str
    url: str


@dataclass(frozen=True)
class Entry:
    """The answer to one topic.

    `label` is a short button title, `question` the same in a patient's full words. `details`
    answers follow-up questions about the topic by key (those of details.yml); a missing
    key means that the clinic has published nothing on it. `status` is draft until a person of the
    clinic approves the entry; `approved_by` and `approved_on` are set exactly then.
    """

    topic: str
    label: str
    question: str
    web: str
    sms: str
    source: Source
    follow_ups: tuple[str, ...]
    offer_booking: bool
    status: Literal["draft", "approved"]
    approved_by: str | None
    approved_on: date | None
    details: Mapping[str, Wording]


@dataclass(frozen=True)
class Detail:
    """A follow-up question about any topic ("does it hurt?").

    `asked` completes "The clinic has not published ..."; `examples` are ways of asking it, to train on;
    `answered_by` names the topic whose answer covers the detail after a topic was answered.
    """

    asked: str
    examples: tuple[str, ...]
    answered_by: Mapping[str, str]


@dataclass(frozen=True)
class Clinic:
    """What is configured for one clinic and not published in its articles.

    `phone_tel` is E.164; `timezone` an IANA name; `website` and `booking_url` start with https://;
    `suggestions` are the topics offered first. `demo` says that all of it is fictional.
    """

    demo: bool
    name: str
    doctor: str
    phone_display: str
    phone_tel: str
    address: str
    hours: str
    timezone: str
    insurance: str
    website: str
    booking_url: str
    notice: str
    emergency: str
    greeting: str
    suggestions: tuple[str, ...]


@dataclass(frozen=True)
class FlagWording:
    """What is said to one red flag instead of its tier's general wording; by locale.

    A flag of tier `none` is no warning: its line is added to whatever is answered.
    """

    tier: str
    wording: Mapping[str, Wording]


@dataclass(frozen=True)
class Citation:
    """A published criterion that the safety wording follows."""

    id: str
    title: str
    url: str


@dataclass(frozen=True)
class Safety:
    """The fixed wording for messages that describe an emergency, by tier, flag and locale."""

    tiers: Mapping[str, Mapping[str, Wording]]
    flags: Mapping[str, FlagWording]
    information: Mapping[str, Wording]
    reminders: Mapping[str, Mapping[str, Wording]]
    source: tuple[Citation, ...]

    def text(self, tier: str, flags: Sequence[str], channel: Channel, locale: str) -> str:
        """What to say at `tier`: the wording of the first of `flags` that has one for this tier,
        else the tier's own. An unknown locale gets English. Raises ValueError for an unknown tier
        (`none` included: there is nothing to say) or channel.
        """
        if tier not in self.tiers:
            raise ValueError(f"no safety wording for tier {tier!r}: use {', '.join(self.tiers)}")
        for flag in flags:
            special = self.flags.get(flag)
            if special is not None and special.tier == tier:
                return _in(special.wording, locale).on(channel)
        return _in(self.tiers[tier], locale).on(channel)

    def added_text(self, flags: Sequence[str], channel: Channel, locale: str) -> str | None:
        """The line that goes with any answer when one of `flags` asks for it, else None."""
        for flag in flags:
            special = self.flags.get(flag)
            if special is not None and special.tier == "none":
                return _in(special.wording, locale).on(channel)
        return None

    def reminder_text(self, tier: str, channel: Channel, locale: str) -> str:
        """What is said once more, first thing, when a patient writes on after a warning of `tier`."""
        return _in(self.reminders[tier], locale).on(channel)

    def information_text(self, channel: Channel, locale: str) -> str:
        """The one line on emergency care that goes with an answer to a question about danger
        signs."""
        return _in(self.information, locale).on(channel)


@dataclass(frozen=True)
class Knowledge:
    """Everything that may be said: `entries` has one for each of `knowledge.TOPICS`, `details` one for each
    follow-up question that is understood."""

    clinic: Clinic
    entries: Mapping[str, Entry]
    details: Mapping[str, Detail]
    safety: Safety


def _in(wordings: Mapping[str, Wording], locale: str) -> Wording:
    return wordings.get(locale) or wordings[FALLBACK_LOCALE]
