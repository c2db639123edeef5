"""What is posted to the application, how often and how signed."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.application import PUBLIC, TWIML, Post
from tests.conftest import CLINIC, PATIENT, Maker, World
from twilio_simulator.webhooks import Limits, limits


def test_an_inbound_text_is_genuine(world: World) -> None:
    world.simulator.text(PATIENT, "¿Abren hoy? 🙂 &=+")
    world.simulator.advance(1)
    assert [post.genuine for post in world.application.posts] == [True]


def test_a_shared_key_signs_with_sha256(make: Maker) -> None:
    world = make(shared_key="a-shared-key")
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(1)
    settings = world.application.posts[0].headers["X-Twilio-Webhooks-Signature-Settings"]
    assert settings.endswith(",algorithm=HMAC_SHA256")
    assert world.application.posts[0].genuine


def test_reports_are_genuine(world: World) -> None:
    world.send()
    world.simulator.advance(60)
    assert [post.genuine for post in world.application.posts] == [True, True]


def test_reports_go_to_the_callback_with_its_query(world: World) -> None:
    world.send()
    world.simulator.advance(60)
    assert {post.path for post in world.application.posts} == {"/status?ref=7"}


def test_an_inbound_text_has_the_documented_fields(world: World) -> None:
    text = world.simulator.text(PATIENT, "Hello", pictures=1)
    world.simulator.advance(1)
    form = world.application.posts[0].form
    assert form["MediaUrl0"].startswith("https://api.twilio.com/2010-04-01/")
    assert {name: form[name] for name in ("MessageSid", "From", "To", "NumMedia")} == {
        "MessageSid": text.sid,
        "From": PATIENT,
        "To": CLINIC,
        "NumMedia": "1",
    }


def test_the_answer_of_a_webhook_is_texted(world: World) -> None:
    twiml = "<Response><Message>Hi &amp; bye</Message><Message><Body>2</Body></Message></Response>"
    world.application.behave = lambda _: (200, TWIML, twiml)
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(60)
    assert world.on_phone() == ["Hi & bye", "2"]


def test_plain_text_is_texted_as_it_is(world: World) -> None:
    world.application.behave = lambda _: (200, "text/plain", "Hi")
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(60)
    assert world.on_phone() == ["Hi"]


BOMB = (
    '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><Response><Message>&b;</Message></Response>'
)


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        (TWIML, "<Response><Message>", 12100),
        (TWIML, "<Other/>", 12100),
        (TWIML, BOMB, 12100),
        (TWIML, "<Response>" + " " * 70_000 + "</Response>", 11750),
        (TWIML, "<Response><Dial/></Response>", 12200),
        ("application/json", "{}", 12300),
    ],
)
def test_an_answer_that_is_no_twiml_is_an_alert(
    world: World, kind: str, body: str, code: int
) -> None:
    world.application.behave = lambda _: (200, kind, body)
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(60)
    assert (world.alerts(), world.on_phone()) == ([code], [])


def test_an_error_of_the_application_is_11200_and_not_tried_again(world: World) -> None:
    world.application.behave = lambda _: (500, "", "")
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(60)
    assert (world.application.texts(), world.alerts()) == (["Hello"], [11200])


def failing(times: int, status: int = 500) -> object:
    left = [status] * times

    def behave(_: Post) -> tuple[int, str, str]:
        return (left.pop() if left else 204), "", ""

    return behave


def test_it_is_tried_again_as_the_address_asks(make: Maker) -> None:
    world = make(fragment="#rc=3&rp=5xx")
    world.application.behave = failing(2)  # type: ignore[assignment]
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(60)
    assert (world.application.texts(), world.alerts()) == (["Hello"] * 3, [])


def test_a_repetition_has_the_token_of_the_first(make: Maker) -> None:
    world = make(fragment="#rc=1&rp=all")
    world.application.behave = failing(1, 404)  # type: ignore[assignment]
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(60)
    tokens = [post.headers["I-Twilio-Idempotency-Token"] for post in world.application.posts]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1


def test_the_fragment_is_neither_sent_nor_signed(make: Maker) -> None:
    world = make(fragment="#rc=2&rp=all")
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(1)
    assert [(post.path, post.genuine) for post in world.application.posts] == [("/inbound", True)]


def test_an_application_that_is_slow_is_11200(make: Maker) -> None:
    world = make(fragment="#rt=100&rc=0")
    answered = threading.Event()

    def behave(_: Post) -> tuple[int, str, str]:
        answered.wait(10)
        return 204, "", ""

    world.application.behave = behave
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(1)
    answered.set()
    assert world.alerts() == [11200]


def test_an_application_that_is_away_is_11205(make: Maker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = f"http://127.0.0.1:{server.getsockname()[1]}/inbound"
    world = make(webhook=nobody)
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(1)
    assert world.alerts() == [11205]


def test_a_redirect_is_not_followed(world: World) -> None:
    world.application.behave = lambda _: (302, "", "")
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(60)
    assert (len(world.application.posts), world.alerts()) == (1, [11200])


def test_repetitions_end_with_the_total_time(make: Maker) -> None:
    world = make(fragment="#rt=100&tt=150&rc=5&rp=rt")
    never = threading.Event()

    def behave(_: Post) -> tuple[int, str, str]:
        never.wait(1)
        return 204, "", ""

    world.application.behave = behave
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(1)
    never.set()
    assert len(world.application.posts) <= 2


def test_the_fallback_is_told_what_failed(make: Maker) -> None:
    world = make(fallback=f"{PUBLIC}/fallback")
    world.application.behave = failing(1)  # type: ignore[assignment]
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(1)
    last = world.application.posts[-1]
    assert (last.path, last.form["ErrorCode"], last.form["ErrorUrl"]) == (
        "/fallback",
        "11200",
        f"{PUBLIC}/inbound",
    )


def test_the_limits_of_an_address_are_read() -> None:
    url, found = limits("https://clinic.example/in?a=1#ct=200&rt=300&tt=400&rc=5&rp=4xx,ct")
    assert url == "https://clinic.example/in?a=1"
    assert found == Limits(0.2, 0.3, 0.4, 5, frozenset({"4xx", "ct"}))


def test_limits_out_of_range_stay_at_their_defaults() -> None:
    assert limits("https://clinic.example/in#ct=1&rt=99999&rc=9&rp=never")[1] == Limits()


def test_a_report_can_come_twice(make: Maker) -> None:
    world = make({"callback_twice": 1})
    world.send()
    world.simulator.advance(60)
    assert sorted(world.application.statuses()) == ["delivered"] * 2 + ["sent"] * 2


def test_reports_can_come_in_the_wrong_order(make: Maker) -> None:
    world = make({"callback_reordered": 1})
    world.send()
    world.simulator.advance(60)
    assert world.application.statuses() == ["delivered", "sent"]


def test_reports_can_come_late(make: Maker) -> None:
    world = make({"callback_late": 1})
    message = world.send()
    world.simulator.advance(1)
    assert (world.status(message.sid), world.application.statuses()) == ("delivered", [])
    world.simulator.advance(120)
    assert sorted(world.application.statuses()) == ["delivered", "sent"]


def test_reports_can_be_lost(make: Maker) -> None:
    world = make({"callback_lost": 1})
    world.send()
    world.simulator.advance(120)
    assert world.application.statuses() == []


def test_an_inbound_text_can_come_twice(make: Maker) -> None:
    world = make({"webhook_twice": 1})
    world.simulator.text(PATIENT, "Hello")
    world.simulator.advance(60)
    assert len({post.form["MessageSid"] for post in world.application.posts}) == 1
    assert world.application.texts() == ["Hello"] * 2
