"""A message from the API to the phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.conftest import CLINIC, PATIENT, SID, Maker, World

SERVICE = f"MG{SID[2:]}"


def test_a_new_message_is_queued(world: World) -> None:
    assert world.send().status == "queued"


def test_a_message_is_delivered_in_the_end(world: World) -> None:
    message = world.send()
    world.simulator.advance(60)
    assert world.status(message.sid) == "delivered"


def test_nothing_happens_while_the_clock_stands(world: World) -> None:
    message = world.send()
    assert world.status(message.sid) == "queued"


def test_each_later_status_is_reported_but_sending(world: World) -> None:
    world.send()
    world.simulator.advance(60)
    assert world.application.statuses() == ["sent", "delivered"]


def test_a_service_accepts_first_and_chooses_a_sender_later(world: World) -> None:
    message = world.send(from_=None, messaging_service_sid=SERVICE)
    assert (message.status, message.from_, message.num_segments) == ("accepted", None, "0")
    world.simulator.advance(60)
    assert world.client.messages(message.sid).fetch().from_ == CLINIC


def test_a_service_reports_from_queued_on(world: World) -> None:
    at = world.simulator.ask(lambda s: s.agenda.now()) + timedelta(hours=1)
    world.send(messaging_service_sid=SERVICE, schedule_type="fixed", send_at=at)
    world.simulator.advance(4000)
    assert world.application.statuses() == ["queued", "sent", "delivered"]


def test_a_number_sends_one_segment_a_second(world: World) -> None:
    messages = [world.send(f"{i}") for i in range(3)]
    world.simulator.advance(1.9)
    ended = [world.status(m.sid) == "delivered" for m in messages]
    assert ended == [True, True, False]


def test_a_message_that_waits_beyond_its_validity_fails(world: World) -> None:
    world.send("x" * 1600)
    late = world.send(validity_period=5)
    world.simulator.advance(60)
    assert world.client.messages(late.sid).fetch().error_code == 30036


def test_a_queue_of_more_than_ten_hours_takes_no_more(make: Maker) -> None:
    world = make(segments_per_second=0.0001)
    for _ in range(4):
        world.send()
    with pytest.raises(TwilioRestException) as refused:
        world.send()
    assert refused.value.code == 21611


def test_a_service_with_a_full_queue_fails_the_message(make: Maker) -> None:
    world = make(segments_per_second=0.00001)
    world.send()
    message = world.send(from_=None, messaging_service_sid=SERVICE)
    world.simulator.advance(1)
    assert world.client.messages(message.sid).fetch().error_code == 30001


@pytest.mark.parametrize("seconds", [299, 35 * 86_400 + 1])
def test_a_time_too_near_or_too_far_is_refused(world: World, seconds: int) -> None:
    at = world.simulator.ask(lambda s: s.agenda.now()) + timedelta(seconds=seconds)
    with pytest.raises(TwilioRestException) as refused:
        world.send(messaging_service_sid=SERVICE, schedule_type="fixed", send_at=at)
    assert refused.value.code == 35114


def test_a_report_names_the_service(world: World) -> None:
    world.send(from_=None, messaging_service_sid=SERVICE)
    world.simulator.advance(60)
    assert {post.form["MessagingServiceSid"] for post in world.application.posts} == {SERVICE}


def test_a_scheduled_message_waits_for_its_time(world: World) -> None:
    now = world.simulator.ask(lambda s: s.agenda.now())
    message = world.send(
        messaging_service_sid=SERVICE, schedule_type="fixed", send_at=now + timedelta(hours=1)
    )
    world.simulator.advance(3599)
    assert world.status(message.sid) == "scheduled"
    world.simulator.advance(60)
    assert world.status(message.sid) == "delivered"


def test_a_scheduled_message_can_be_canceled(world: World) -> None:
    now = world.simulator.ask(lambda s: s.agenda.now())
    message = world.send(
        messaging_service_sid=SERVICE, schedule_type="fixed", send_at=now + timedelta(hours=1)
    )
    world.client.messages(message.sid).update(status="canceled")
    world.simulator.advance(4000)
    assert world.on_phone() == []


@pytest.mark.parametrize(
    ("state", "code"),
    [("off", 30003), ("blocking", 30004), ("unknown", 30005), ("landline", 30006)],
)
def test_a_phone_that_takes_nothing_makes_it_undelivered(
    world: World, state: str, code: int
) -> None:
    from twilio_simulator.carrier import PhoneState

    world.simulator.ask(lambda s: s.set_phone(PATIENT, PhoneState(state)))
    message = world.send()
    world.simulator.advance(60)
    found = world.client.messages(message.sid).fetch()
    assert (found.status, found.error_code) == ("undelivered", code)


def test_a_public_shortener_is_filtered(world: World) -> None:
    message = world.send("See https://bit.ly/3abc")
    world.simulator.advance(60)
    assert world.client.messages(message.sid).fetch().error_code == 30007


def test_the_report_of_a_failure_names_its_code(world: World) -> None:
    world.send("See https://bit.ly/3abc")
    world.simulator.advance(60)
    assert world.application.posts[-1].form["ErrorCode"] == "30007"


def test_it_is_charged_by_the_segment(world: World) -> None:
    message = world.send("x" * 161)
    world.simulator.advance(60)
    found = world.client.messages(message.sid).fetch()
    assert (found.num_segments, found.price) == ("2", "-0.01660")


def test_it_has_no_price_before_it_is_sent(world: World) -> None:
    assert world.send().price is None


def test_the_same_seed_gives_the_same_ids(make: Maker) -> None:
    assert make().send().sid == make().send().sid
