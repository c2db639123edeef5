"""The simulator itself: takes messages from the API and from phones, and carries them."""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from twilio_simulator import carrier, twiml
from twilio_simulator.agenda import Agenda
from twilio_simulator.carrier import PhoneState
from twilio_simulator.errors import ALERTS, ApiError
from twilio_simulator.faults import Faults
from twilio_simulator.messages import API_VERSION, FOLLOWS, Alert, Direction, Message, Status, Store
from twilio_simulator.segments import measure
from twilio_simulator.webhooks import Answer, Poster

# How long the steps of a message take.
HAND_OVER_SECONDS, SENT_SECONDS, END_SECONDS = 0.05, 0.15, 0.6
REPEAT_SECONDS = 2.0
SOONEST_SCHEDULE, LATEST_SCHEDULE = timedelta(seconds=300), timedelta(days=35)
MOST_MEDIA = 10
# What the addresses of pictures begin with; the application asks the simulator in its place.
TWILIO = "https://api.twilio.com"


@dataclass(frozen=True)
class Account:
    """What the application is given of Twilio, and Twilio of the application.

    Attributes:
        numbers: the account's numbers (E.164). They make up its one Messaging Service.
        webhook: where inbound texts are posted; a fragment may hold limits (`#rc=2&rp=all`).
        public_url: scheme and host that the application believes to have; signed in place of the
            webhook's own, which are called.
        shared_key: signs webhooks with SHA-256 in place of the token, unless empty.
        fallback: posted to when the webhook fails, unless empty.
        advanced_opt_out: webhooks name the keyword (`OptOutType`), as with Advanced Opt-Out.
        segments_per_second: how fast each number sends.
    """

    sid: str
    token: str
    numbers: tuple[str, ...]
    webhook: str
    public_url: str = ""
    shared_key: str = ""
    fallback: str = ""
    advanced_opt_out: bool = False
    segments_per_second: float = 1.0

    @property
    def service_sid(self) -> str:
        return f"MG{self.sid[2:]}"

    @property
    def origin(self) -> str:
        parts = urlsplit(self.webhook)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def base(self) -> str:
        """Scheme and host of what is signed."""
        return self.public_url.rstrip("/") or self.origin

    @property
    def inbound_url(self) -> str:
        """The webhook as it is signed."""
        return self.webhook.replace(self.origin, self.base, 1)


@dataclass(frozen=True)
class Draft:
    """A request to create a message, as the API was given it; "" is what was not given."""

    to: str = ""
    sender: str = ""
    body: str = ""
    service_sid: str = ""
    callback: str = ""
    media: tuple[str, ...] = ()
    validity: str = ""
    schedule: str = ""
    send_at: str = ""


class Wire(Protocol):
    """The way to the application."""

    async def post(self, url: str, form: Mapping[str, str], token: str) -> Answer:
        """Post `form` to the public `url`; `token` is the same in each repetition."""

    async def close(self) -> None: ...


def signed_wire(account: Account) -> Poster:
    """Signed webhooks over HTTP. Call it in the event loop."""
    return Poster(account.base, account.origin, account.token, account.shared_key)


class Simulator:
    """An account, its messages and the phones of the world. It belongs to one event loop."""

    def __init__(
        self, account: Account, agenda: Agenda, wire: Wire, faults: Faults, seed: str = ""
    ) -> None:
        """`seed` decides the ids of messages; runs without one never share an id."""
        self.account = account
        self.agenda = agenda
        self.faults = faults
        self.store = Store()
        self.phones: dict[str, PhoneState] = {}
        self._wire = wire
        self._random = random.Random(seed) if seed else random.SystemRandom()  # noqa: S311
        self._ordinals = itertools.count(1)
        self._free_at: dict[str, datetime] = {}
        self._media: dict[str, str] = {}

    async def close(self) -> None:
        await self.agenda.close()
        await self._wire.close()

    # What the API does.

    def create(self, draft: Draft) -> Message:
        """Take a message for sending. Raises ApiError, and then keeps nothing."""
        sender = self._check(draft)
        now = self.agenda.now()
        send_at = self._send_at(draft, now)
        first = Status.QUEUED
        if draft.service_sid:
            first = Status.SCHEDULED if send_at else Status.ACCEPTED
        message = self._message(
            Direction.API, sender, draft.to, draft.body, first, media=draft.media
        )
        message.service_sid, message.callback = draft.service_sid, draft.callback
        validity = _validity(draft.validity)
        if draft.service_sid:
            # Its sender is chosen, and its segments counted, when its turn comes.
            message.sender, message.segments = "", 0
        self.store.keep(message)

        async def choose() -> None:
            await self._choose(message, sender, validity)

        async def release() -> None:
            if message.status == Status.SCHEDULED:
                self._move(message, Status.ACCEPTED)
                await choose()

        if send_at:
            self.agenda.after((send_at - now).total_seconds(), release)
        elif draft.service_sid:
            self.agenda.after(HAND_OVER_SECONDS, choose)
        else:
            self._queue(message, validity)
        return message

    def find(self, sid: str) -> Message:
        """Raises ApiError when there is no such message."""
        message = self.store.messages.get(sid)
        if message is None:
            path = f"/{API_VERSION}/Accounts/{self.account.sid}/Messages/{sid}.json"
            raise ApiError(20404, path=path)
        return message

    def cancel(self, sid: str) -> Message:
        """Raises ApiError when the message is no longer waiting."""
        message = self.find(sid)
        if Status.CANCELED not in FOLLOWS[message.status]:
            raise ApiError(30409)
        self._move(message, Status.CANCELED)
        return message

    def redact(self, sid: str) -> Message:
        """Remove the words of a message. Raises ApiError while it is on its way."""
        message = self.find(sid)
        if not message.ended:
            raise ApiError(20009)
        message.body = ""
        message.updated = self.agenda.now()
        self.store.keep(message)
        return message

    def delete(self, sid: str) -> None:
        """Raises ApiError while the message is on its way."""
        if not self.find(sid).ended:
            raise ApiError(20009)
        del self.store.messages[sid]
        self.store.note_change()

    def media_type(self, media_sid: str) -> str:
        """The MIME type of a picture. Raises KeyError."""
        return self._media[media_sid]

    # What phones do.

    def text(self, sender: str, to: str, body: str, *, pictures: int = 0) -> Message:
        """A phone texts one of the account's numbers; the webhook is posted soon.

        Raises ValueError for a number that is none, too many words or too many pictures.
        """
        if not carrier.is_number(sender):
            raise ValueError("the phone's number is not a telephone number")
        if to not in self.account.numbers:
            raise ValueError("this number does not belong to the account")
        if len(body) > carrier.LONGEST_BODY or not 0 <= pictures <= MOST_MEDIA:
            raise ValueError("at most 1600 characters and ten pictures")
        if not (body or pictures):
            raise ValueError("a message has words or a picture")
        self.phones.setdefault(sender, PhoneState.ON)
        message = self._message(
            Direction.INBOUND, sender, to, body, Status.RECEIVED, media=("image/png",) * pictures
        )
        message.price = carrier.price(message.segments)
        message.sent = message.created
        word = carrier.keyword(body)
        if self.account.advanced_opt_out:
            message.service_sid = self.account.service_sid
        self.store.keep(message)

        async def deliver() -> None:
            await self._deliver(message, word)
            self.store.posted(message)

        late = self.faults.strikes("webhook_late", message.sid)
        wait = self.faults.delay(message.sid) if late else HAND_OVER_SECONDS
        self.agenda.after(wait, deliver)
        if self.faults.strikes("webhook_twice", message.sid):
            self.agenda.after(wait + REPEAT_SECONDS, deliver)
        if word:
            self._heed(message, word)
        return message

    def set_phone(self, number: str, state: PhoneState) -> None:
        """Raises ValueError when `number` is not a telephone number."""
        if not carrier.is_number(number):
            raise ValueError("not a telephone number")
        self.phones[number] = state
        self.store.note_change()

    # The rest is the way of a message.

    def _check(self, draft: Draft) -> str:
        """The number that the message will come from. Raises ApiError."""
        if not draft.to:
            raise ApiError(21604)
        if not (draft.body.strip() or draft.media):
            raise ApiError(21602)
        if draft.service_sid and draft.service_sid != self.account.service_sid:
            raise ApiError(21701)
        if not (draft.sender or draft.service_sid):
            raise ApiError(21603)
        if len(draft.body) > carrier.LONGEST_BODY:
            raise ApiError(21617)
        if draft.callback and urlsplit(draft.callback).scheme not in {"http", "https"}:
            raise ApiError(21609, url=draft.callback)
        sender = draft.sender or self.account.numbers[0]
        words = {"to": draft.to, "sender": sender}
        if sender in carrier.MAGIC_FROM:
            raise ApiError(carrier.MAGIC_FROM[sender], **words)
        if not carrier.is_number(sender):
            raise ApiError(21212, **words)
        if sender not in self.account.numbers:
            raise ApiError(21606, **words)
        if draft.to in carrier.MAGIC_TO:
            raise ApiError(carrier.MAGIC_TO[draft.to], **words)
        if not carrier.is_number(draft.to):
            raise ApiError(21211, **words)
        # A Messaging Service takes the message, and it fails later.
        if not draft.service_sid:
            if (sender, draft.to) in self.store.opted_out:
                raise ApiError(21610)
            if self._waiting(sender) > carrier.QUEUE_SECONDS:
                raise ApiError(21611, **words)
        return sender

    def _send_at(self, draft: Draft, now: datetime) -> datetime | None:
        if not draft.schedule:
            return None
        if draft.schedule != "fixed":
            raise ApiError(30400)
        if not draft.send_at:
            raise ApiError(35111)
        if not draft.service_sid:
            raise ApiError(35118)
        try:
            send_at = datetime.fromisoformat(draft.send_at)
            in_range = SOONEST_SCHEDULE <= send_at - now <= LATEST_SCHEDULE
        except (ValueError, TypeError):
            raise ApiError(35114) from None
        if not in_range:
            raise ApiError(35114)
        return send_at

    def _message(
        self,
        direction: Direction,
        sender: str,
        to: str,
        body: str,
        status: Status,
        media: tuple[str, ...] = (),
    ) -> Message:
        now = self.agenda.now()
        media_sids = tuple(self._sid("ME") for _ in media)
        self._media.update(dict.fromkeys(media_sids, "image/png"))
        return Message(
            sid=self._sid("MM" if media else "SM"),
            account_sid=self.account.sid,
            direction=direction,
            sender=sender,
            to=to,
            body=body,
            created=now,
            history=[(status, now)],
            media_sids=media_sids,
            segments=measure(body, sender).segments,
        )

    def _sid(self, kind: str) -> str:
        return f"{kind}{self._random.getrandbits(128):032x}"

    def _waiting(self, sender: str) -> float:
        """Seconds until `sender` may send again."""
        now = self.agenda.now()
        return max((self._free_at.get(sender, now) - now).total_seconds(), 0)

    async def _choose(self, message: Message, sender: str, validity: float) -> None:
        """What a Messaging Service does with a message that it has accepted."""
        if message.status != Status.ACCEPTED:
            return
        message.sender = sender
        message.segments = measure(message.body, sender).segments
        if (sender, message.to) in self.store.opted_out:
            self._move(message, Status.FAILED, 21610)
        elif self._waiting(sender) > carrier.QUEUE_SECONDS:
            self._move(message, Status.FAILED, 30001)
        else:
            self._move(message, Status.QUEUED)
            self._queue(message, validity)

    def _queue(self, message: Message, validity: float) -> None:
        """Send in turn: a number sends so many segments a second."""
        wait = self._waiting(message.sender)
        takes = message.segments / self.account.segments_per_second
        now = self.agenda.now()
        self._free_at[message.sender] = now + timedelta(seconds=wait + takes)

        async def send() -> None:
            if message.status != Status.QUEUED:
                return
            if wait > validity:
                self._move(message, Status.FAILED, 30036)
                return
            self._move(message, Status.SENDING)
            self.agenda.after(SENT_SECONDS, sent)

        async def sent() -> None:
            message.sent = self.agenda.now()
            message.price = carrier.price(0 if message.free else message.segments)
            self._move(message, Status.SENT)
            self.agenda.after(END_SECONDS, end)

        async def end() -> None:
            error = self._fate(message)
            if error is None:
                self._move(message, Status.DELIVERED)
            else:
                self._move(message, Status.UNDELIVERED, error)

        self.agenda.after(HAND_OVER_SECONDS + min(wait, validity + 1), send)

    def _fate(self, message: Message) -> int | None:
        """The error that a message ends with; None when the phone has it."""
        if carrier.SHORTENERS.search(message.body) or self.faults.strikes("filtered", message.sid):
            return 30007
        state = self.phones.setdefault(message.to, PhoneState.ON)
        if state != PhoneState.ON:
            return carrier.UNDELIVERED[state]
        if self.faults.strikes("unreachable", message.sid):
            return 30003
        return 30008 if self.faults.strikes("lost", message.sid) else None

    def _move(self, message: Message, status: Status, error: int | None = None) -> None:
        message.move(status, self.agenda.now(), error)
        self.store.keep(message)
        # Twilio reports neither the first status nor that it is sending.
        if message.callback and status not in {Status.ACCEPTED, Status.SENDING}:
            self._report(message)

    def _report(self, message: Message) -> None:
        """Post the present status to the application, once or however the faults have it."""
        name = f"{message.sid}/{message.status}"
        if self.faults.strikes("callback_lost", name):
            return
        form = self._form(message, {"MessageStatus": message.status, "SmsStatus": message.status})
        if message.error is not None:
            form["ErrorCode"] = str(message.error)
        if message.status in {Status.DELIVERED, Status.UNDELIVERED}:
            form["RawDlrDoneDate"] = self.agenda.now().strftime("%y%m%d%H%M")
        token = str(uuid.uuid5(uuid.NAMESPACE_URL, name))

        async def post() -> None:
            answer = await self._wire.post(message.callback, form, token)
            if answer.failure:
                self._alert(answer.alert, message, message.callback)
            self.store.posted(message)

        wait = self.faults.delay(name) if self.faults.strikes("callback_late", name) else 0.0
        reordered = self.faults.strikes("callback_reordered", message.sid)
        if reordered and message.status == Status.SENT:
            wait += END_SECONDS + 1
        self.agenda.after(wait, post)
        if self.faults.strikes("callback_twice", name):
            self.agenda.after(wait + REPEAT_SECONDS, post)

    def _form(self, message: Message, more: Mapping[str, str]) -> dict[str, str]:
        form = {
            "AccountSid": message.account_sid,
            "ApiVersion": API_VERSION,
            "From": message.sender,
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "To": message.to,
            **more,
        }
        if message.service_sid:
            form["MessagingServiceSid"] = message.service_sid
        return form

    def _heed(self, message: Message, word: carrier.Keyword) -> None:
        """Keep the opt-out list, and answer when that changes it."""
        pair = (message.to, message.sender)
        if word == "STOP" and pair not in self.store.opted_out:
            self.store.opted_out.add(pair)
        elif word == "START" and pair in self.store.opted_out:
            self.store.opted_out.discard(pair)
        elif word != "HELP" or pair in self.store.opted_out:
            return
        answer = self._message(
            Direction.REPLY, message.to, message.sender, carrier.reply(word, message.to),
            Status.QUEUED,
        )  # fmt: skip
        answer.free = True
        self.store.keep(answer)
        self._queue(answer, carrier.QUEUE_SECONDS)

    async def _deliver(self, message: Message, word: carrier.Keyword | None) -> None:
        """Post an inbound text, and send what the application answers."""
        form = self._form(message, self._inbound_fields(message))
        if word and self.account.advanced_opt_out:
            form["OptOutType"] = word
        token = str(uuid.UUID(hex=message.sid[2:]))
        url = self.account.inbound_url
        answer = await self._wire.post(url, form, token)
        if answer.failure:
            self._alert(answer.alert, message, url)
            if not self.account.fallback:
                return
            failed = {"ErrorCode": str(answer.alert), "ErrorUrl": url.partition("#")[0]}
            url = self.account.fallback
            answer = await self._wire.post(url, {**form, **failed}, token)
            if answer.failure:
                self._alert(answer.alert, message, url)
                return
        self._answer(message, answer, url)

    def _inbound_fields(self, message: Message) -> dict[str, str]:
        media = f"{TWILIO}{message.uri}/Media"
        pictures = {
            name: value
            for place, sid in enumerate(message.media_sids)
            for name, value in (
                (f"MediaContentType{place}", self._media[sid]),
                (f"MediaUrl{place}", f"{media}/{sid}"),
            )
        }
        places = {f"{who}{what}": "" for who in ("From", "To") for what in ("City", "State", "Zip")}
        return {
            **places,
            **pictures,
            "FromCountry": "US",
            "ToCountry": "US",
            "Body": message.body,
            "NumMedia": str(len(message.media_sids)),
            "NumSegments": str(message.segments),
            "SmsMessageSid": message.sid,
            "SmsStatus": "received",
        }

    def _answer(self, message: Message, answer: Answer, url: str) -> None:
        """Send the texts in a webhook's own answer."""
        replies = twiml.read(answer.body, answer.content_type)
        for code in replies.alerts:
            self._alert(code, message, url)
        for body in replies.texts:
            if (message.to, message.sender) in self.store.opted_out:
                self._alert(21610, message, url)
                continue
            reply = self._message(
                Direction.REPLY, message.to, message.sender, body[: carrier.LONGEST_BODY],
                Status.QUEUED,
            )  # fmt: skip
            self.store.keep(reply)
            self._queue(reply, carrier.QUEUE_SECONDS)

    def _alert(self, code: int, message: Message, url: str) -> None:
        url = url.partition("#")[0]
        self.store.alert(Alert(code, ALERTS[code], message.sid, url, self.agenda.now()))


def _validity(seconds: str) -> float:
    """Raises ApiError."""
    if not seconds:
        return carrier.QUEUE_SECONDS
    if not (seconds.isascii() and seconds.isdigit() and 1 <= int(seconds) <= carrier.QUEUE_SECONDS):
        raise ApiError(90007)
    return int(seconds)
