"""One-time links to the web chat, and what staff may text."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from chat.models import Author, Channel, Conversation, Message
from sms import links, staff_texts
from sms.models import Contact, OutboundText, WebLink
from sms.quiet_hours import allowed_from
from sms.segments import measure
from sms.staff_texts import StaffText
from staff.models import AuditEntry
from tests.conftest import eventually
from tests.engine import FakeEngine, result
from tests.sms.phone import FakeProvider, Phone, deliver
from tests.sms.test_outbox import new_contact
from tests.staff.cast import Person
from tests.staff.conftest import _person, alice, bob

__all__ = ["alice", "bob"]
LINK = re.compile(r"https://clinic\.example(/continue/\S+)")


@pytest.fixture
def contact(db: None) -> Contact:
    return new_contact("+13105550123")


@pytest.fixture
def awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sms.staff_texts.allowed_from", lambda now, _: now)


def path(contact: Contact) -> str:
    return links.offer(contact).removeprefix("https://clinic.example")


class TestLink:
    def test_it_opens_a_conversation_of_its_own_once(
        self, transactional_db: None, contact: Contact
    ) -> None:
        address = path(contact)
        opened = Client().post(address)
        kept = json.loads(re.findall(rb'json">(.*?)</script>', opened.content)[0])
        conversation = Conversation.objects.get(pk=kept["conversation"])
        assert conversation.channel == Channel.WEB
        assert conversation != contact.conversation
        bearer = {"Authorization": f"Bearer {kept['token']}"}
        [first] = Client().get("/api/chat/messages?after=0", headers=bearer).json()["messages"]
        assert "not shown here" in first["text"]
        assert Client().post(address).status_code == 410

    def test_looking_at_it_does_not_use_it_up(self, contact: Contact) -> None:
        address = path(contact)
        for _ in range(3):
            assert Client().get(address).status_code == 200
            assert Client().head(address).status_code == 200
        assert Client().post(address).status_code == 200

    def test_it_ends_after_a_day(self, contact: Contact) -> None:
        address = path(contact)
        WebLink.objects.update(expires_at=timezone.now())
        assert Client().get(address).status_code == 410
        assert Client().post(address).status_code == 410
        assert WebLink.objects.get().used_at is None

    @pytest.mark.parametrize("secret", ["x", "x" * 500, "%00", "é"])
    def test_a_guessed_one_opens_nothing(self, contact: Contact, secret: str) -> None:
        path(contact)
        assert Client().post(f"/continue/{secret}").status_code == 410

    def test_it_carries_no_number_and_tells_no_other_page(self, contact: Contact) -> None:
        address = path(contact)
        response = Client().get(address)
        assert "5550123" not in address + response.content.decode()
        assert response["Referrer-Policy"] == "same-origin"
        assert "no-store" in response["Cache-Control"]

    def test_another_site_cannot_make_a_browser_use_it(self, contact: Contact) -> None:
        assert Client(enforce_csrf_checks=True).post(path(contact)).status_code == 403

    def test_the_secret_stands_only_in_the_text(self, contact: Contact) -> None:
        secret = path(contact).rpartition("/")[2]
        assert secret not in json.dumps(list(WebLink.objects.values()), default=str)

    def test_what_is_said_on_the_web_is_not_texted(
        self, contact: Contact, engine: FakeEngine
    ) -> None:
        links.use(path(contact).rpartition("/")[2])
        assert not OutboundText.objects.exists()

    def test_whoever_asks_about_their_own_health_gets_one_and_only_one(
        self, phone: Phone, engine: FakeEngine, provider: FakeProvider
    ) -> None:
        reply: dict[str, object] = {
            "text": "Ask.",
            "buttons": [],
            "source": None,
            "topic": "personal_medical_advice",
        }
        engine.behave = lambda _: (200, result(replies=[reply], decision="decline"))
        for place in range(2):
            phone.text(f"should i take more {place}")
        eventually(lambda: Message.objects.filter(author=Author.ASSISTANT).count() == 2)
        deliver()
        [body] = [body for body in provider.bodies() if LINK.search(body)]
        assert measure(body).segments == 1


class TestStaff:
    def test_they_see_the_end_of_the_number_only(self, alice: Person, contact: Contact) -> None:
        page = alice.client.get(f"/staff/conversations/{contact.conversation_id}/").content.decode()
        assert "••• 23" in page
        assert "0123" not in page

    def test_they_see_it_all_with_the_permission(self, contact: Contact) -> None:
        dora = _person("dora", is_staff=True, permissions=("view_conversation", "view_number"))
        page = dora.client.get(f"/staff/conversations/{contact.conversation_id}/").content.decode()
        assert "tel:+13105550123" in page

    def test_they_text_a_link(self, alice: Person, contact: Contact, awake: None) -> None:
        address = f"/staff/conversations/{contact.conversation_id}/text/"
        assert alice.client.post(address, {"text": "link"}).status_code == 302
        [text] = OutboundText.objects.all()
        found = LINK.search(text.body)
        assert found is not None
        assert Client().get(found[1]).status_code == 200
        assert Message.objects.get().author == Author.STAFF
        assert AuditEntry.objects.filter(action="texted").count() == 1

    def test_they_text_nothing_of_their_own(self, alice: Person, contact: Contact) -> None:
        address = f"/staff/conversations/{contact.conversation_id}/text/"
        assert alice.client.post(address, {"text": "Take two of them"}).status_code == 404
        assert not OutboundText.objects.exists()

    def test_they_text_nothing_after_stop(self, alice: Person, contact: Contact) -> None:
        Contact.objects.update(stopped=True)
        address = f"/staff/conversations/{contact.conversation_id}/text/"
        alice.client.post(address, {"text": "call"})
        assert not OutboundText.objects.exists()
        page = alice.client.get(f"/staff/conversations/{contact.conversation_id}/").content
        assert b"Asked for no more texts" in page

    def test_without_permission_they_text_nothing(self, bob: Person, contact: Contact) -> None:
        bob.user.user_permissions.set(Permission.objects.filter(codename="view_conversation"))
        address = f"/staff/conversations/{contact.conversation_id}/text/"
        assert bob.client.post(address, {"text": "call"}).status_code == 403

    def test_a_conversation_on_the_web_has_no_phone(self, alice: Person, db: None) -> None:
        web = Conversation.objects.create()
        assert (
            alice.client.post(f"/staff/conversations/{web.pk}/text/", {"text": "call"}).status_code
            == 404
        )


class TestQuietHours:
    @pytest.mark.parametrize(
        ("now", "allowed"),
        [
            # 310 is Los Angeles, as the demo clinic is: eight hours behind UTC in winter.
            ("2026-01-07T17:00", "2026-01-07T17:00"),  # Wednesday 9:00
            ("2026-01-07T15:00", "2026-01-07T16:00"),  # 7:00, until 8:00
            ("2026-01-08T04:00", "2026-01-08T16:00"),  # 20:00, until 8:00 of Thursday
            ("2026-01-11T17:00", "2026-01-11T20:00"),  # Sunday 9:00, until noon
        ],
    )
    def test_they_are_those_of_the_number(self, now: str, allowed: str) -> None:
        at = datetime.fromisoformat(now).replace(tzinfo=UTC)
        assert allowed_from(at, "+13105550123").isoformat().startswith(allowed)

    def test_a_number_farther_east_ends_the_day_sooner(self, db: None) -> None:
        at = datetime(2026, 1, 8, 2, 0, tzinfo=UTC)  # 18:00 in Los Angeles, 21:00 in New York
        assert allowed_from(at, "+12125550123") > at

    def test_a_number_without_a_place_has_those_of_the_clinic(self) -> None:
        at = datetime(2026, 1, 8, 18, 0, tzinfo=UTC)
        assert allowed_from(at, "") == at

    def test_what_staff_start_waits_and_answers_do_not(
        self, contact: Contact, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch,
        transactional_db: None,
    ) -> None:  # fmt: skip
        from chat import store

        def later(now: datetime, _: Any) -> datetime:
            return now + timedelta(hours=9)

        monkeypatch.setattr("sms.staff_texts.allowed_from", later)
        staff_texts.send(contact.conversation_id, StaffText.CALL)
        store.say(contact.conversation_id, "An answer.")
        deliver()
        assert provider.bodies() == ["An answer."]
        OutboundText.objects.update(not_before=timezone.now())
        deliver()
        assert "please call us" in provider.bodies()[-1]
