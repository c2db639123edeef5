"""The API as the official client meets it: refusals, lists, changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException

from tests.application import TOKEN
from tests.conftest import CLINIC, PATIENT, SID, Maker, World, official

MESSAGES = f"/2010-04-01/Accounts/{SID}/Messages.json"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "+1555"}, 21211),
        ({"to": "not a number"}, 21211),
        ({"to": ""}, 21604),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"from_": ""}, 21603),
        ({"from_": "abc"}, 21212),
        ({"from_": "+13105550199"}, 21606),
        ({"messaging_service_sid": "MG" + "0" * 32}, 21701),
        ({"status_callback": "not an address"}, 21609),
        ({"validity_period": 36_001}, 90007),
        ({"schedule_type": "fixed", "send_at": "2026-01-06T00:00:00Z"}, 35118),
        ({"schedule_type": "fixed", "messaging_service_sid": f"MG{SID[2:]}"}, 35111),
        # Numbers of Twilio's test credentials.
        ({"to": "+15005550001"}, 21211),
        ({"to": "+15005550002"}, 21612),
        ({"to": "+15005550003"}, 21408),
        ({"to": "+15005550004"}, 21610),
        ({"to": "+15005550009"}, 21614),
        ({"from_": "+15005550001"}, 21212),
        ({"from_": "+15005550007"}, 21606),
        ({"from_": "+15005550008"}, 21611),
    ],
)
def test_it_refuses(world: World, fields: dict[str, Any], code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        world.send(**fields)
    assert refused.value.code == code


def test_what_was_refused_is_not_kept(world: World) -> None:
    with pytest.raises(TwilioRestException):
        world.send(to="+1555")
    assert world.client.messages.list() == []


def test_a_refusal_is_explained_in_four_fields(world: World) -> None:
    form = {"To": "+1555", "From": CLINIC, "Body": "Hello"}
    answer = httpx.post(world.simulator.url + MESSAGES, data=form, auth=(SID, TOKEN))
    assert answer.json() == {
        "code": 21211,
        "message": "The 'To' number +1555 is not a valid phone number.",
        "more_info": "https://www.twilio.com/docs/errors/21211",
        "status": 400,
    }


def test_a_wrong_token_gets_20003(world: World) -> None:
    stranger = official(world.simulator.url, token="wrong")
    with pytest.raises(TwilioRestException) as refused:
        stranger.messages("SM" + "0" * 32).fetch()
    assert (refused.value.status, refused.value.code) == (401, 20003)


def test_another_account_gets_20404(world: World) -> None:
    url = world.simulator.url + MESSAGES.replace(SID, "AC" + "6" * 32)
    assert httpx.get(url, auth=(SID, TOKEN)).json()["code"] == 20404


def test_an_unknown_message_gets_20404(world: World) -> None:
    with pytest.raises(TwilioRestException) as refused:
        world.client.messages("SM" + "0" * 32).fetch()
    assert refused.value.code == 20404


def test_too_many_requests_get_20429(make: Maker) -> None:
    world = make({"too_many_requests": 1})
    with pytest.raises(TwilioRestException) as refused:
        world.send()
    assert (refused.value.status, refused.value.code) == (429, 20429)


def test_a_server_error_takes_nothing(make: Maker) -> None:
    world = make({"server_error": 1})
    with pytest.raises(TwilioRestException):
        world.send()
    assert world.simulator.ask(lambda s: len(s.store.messages)) == 0


def test_a_lost_answer_has_taken_the_message(make: Maker) -> None:
    world = make({"lost_answer": 1})
    form = {"To": PATIENT, "From": CLINIC, "Body": "Hello"}
    with pytest.raises(httpx.TransportError):
        httpx.post(world.simulator.url + MESSAGES, data=form, auth=(SID, TOKEN))
    world.simulator.advance(60)
    assert world.on_phone() == ["Hello"]


def test_the_list_begins_with_the_newest(world: World) -> None:
    world.send("first")
    world.send("second")
    assert [message.body for message in world.client.messages.list()] == ["second", "first"]


def test_the_list_comes_in_pages(world: World) -> None:
    for i in range(5):
        world.send(str(i))
    listed = [message.body for message in world.client.messages.stream(page_size=2)]
    assert listed == ["4", "3", "2", "1", "0"]


def test_the_list_can_be_of_one_recipient(world: World) -> None:
    world.send("hers")
    world.send("his", to="+13105550124")
    assert [message.body for message in world.client.messages.list(to=PATIENT)] == ["hers"]


MIDNIGHT = datetime(2026, 1, 6, tzinfo=UTC)


@pytest.fixture
def dated(world: World) -> World:
    """A world with messages of the evening before midnight, of midnight, and of the day after."""
    for body, at in (
        ("evening", MIDNIGHT - timedelta(seconds=1)),
        ("midnight", MIDNIGHT),
        ("next day", MIDNIGHT + timedelta(days=1)),
    ):
        now = world.simulator.ask(lambda s: s.agenda.now())
        # It is sent 0.2 seconds after its creation.
        world.simulator.advance((at - now).total_seconds() - 0.2)
        world.send(body)
        world.simulator.advance(0.2)
    return world


@pytest.mark.parametrize(
    ("filters", "bodies"),
    [
        ({"date_sent": date(2026, 1, 6)}, ["midnight"]),
        ({"date_sent_after": date(2026, 1, 6)}, ["next day", "midnight"]),
        ({"date_sent_before": date(2026, 1, 6)}, ["midnight", "evening"]),
        ({"date_sent_after": MIDNIGHT + timedelta(hours=1)}, ["next day"]),
        ({"date_sent_before": MIDNIGHT - timedelta(seconds=1)}, ["evening"]),
    ],
)
def test_the_list_can_be_of_some_dates(
    dated: World, filters: dict[str, date], bodies: list[str]
) -> None:
    assert [message.body for message in dated.client.messages.list(**filters)] == bodies


def test_a_date_leaves_out_what_was_not_sent_yet(world: World) -> None:
    world.send()
    assert world.client.messages.list(date_sent_after=date(2026, 1, 1)) == []


def test_a_message_that_ended_can_be_redacted(world: World) -> None:
    message = world.send("secret")
    world.simulator.advance(60)
    assert world.client.messages(message.sid).update(body="").body == ""


def test_a_message_on_its_way_cannot_be_redacted(world: World) -> None:
    with pytest.raises(TwilioRestException) as refused:
        world.client.messages(world.send().sid).update(body="")
    assert refused.value.code == 20009


def test_words_cannot_be_changed(world: World) -> None:
    message = world.send()
    world.simulator.advance(60)
    with pytest.raises(TwilioRestException) as refused:
        world.client.messages(message.sid).update(body="other")
    assert refused.value.code == 30400


def test_what_was_sent_cannot_be_canceled(world: World) -> None:
    message = world.send()
    world.simulator.advance(60)
    with pytest.raises(TwilioRestException) as refused:
        world.client.messages(message.sid).update(status="canceled")
    assert refused.value.code == 30409


def test_a_message_that_ended_can_be_deleted(world: World) -> None:
    message = world.send()
    world.simulator.advance(60)
    world.client.messages(message.sid).delete()
    assert world.client.messages.list() == []


def test_a_message_on_its_way_cannot_be_deleted(world: World) -> None:
    with pytest.raises(TwilioRestException) as refused:
        world.client.messages(world.send().sid).delete()
    assert refused.value.code == 20009


def test_the_pictures_of_a_text_are_listed(world: World) -> None:
    text = world.simulator.text(PATIENT, "look", pictures=2)
    assert len(world.client.messages(text.sid).media.list()) == 2


def test_a_picture_belongs_to_its_text(world: World) -> None:
    one, other = (world.simulator.text(PATIENT, "", pictures=1) for _ in range(2))
    with pytest.raises(TwilioRestException) as refused:
        world.client.messages(one.sid).media(other.media_sids[0]).fetch()
    assert refused.value.code == 20404


def test_a_picture_can_be_had(world: World) -> None:
    text = world.simulator.text(PATIENT, "", pictures=1)
    path = f"/2010-04-01/Accounts/{SID}/Messages/{text.sid}/Media/{text.media_sids[0]}"
    answer = httpx.get(world.simulator.url + path, auth=(SID, TOKEN))
    assert (answer.headers["Content-Type"], answer.content[:4]) == ("image/png", b"\x89PNG")


def test_a_refusal_is_an_alert(world: World) -> None:
    with pytest.raises(TwilioRestException):
        world.send(to="+1555")
    assert world.alerts() == [21211]
