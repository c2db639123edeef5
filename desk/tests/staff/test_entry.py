"""Who comes in, and what every page carries."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from tests.staff.cast import PASSWORD, Person, booking, conversation, talk

KEY = uuid4()
GETS = [
    reverse("staff:home"),
    reverse("staff:conversations"),
    reverse("staff:conversation", args=[KEY]),
    reverse("staff:newer", args=[KEY]),
    reverse("staff:bookings"),
    reverse("staff:booking", args=["FD-222222"]),
    reverse("staff:audit"),
    reverse("staff:attention"),
    reverse("staff:password"),
    reverse("staff:password_done"),
]
POSTS = [
    reverse("staff:search"),
    reverse("staff:review", args=[KEY]),
    reverse("staff:booking_change", args=["FD-222222"]),
    reverse("staff:password"),
]
FOR_EVERYONE = {
    reverse("staff:password"),
    reverse("staff:password_done"),
    reverse("staff:attention"),
}


def sign_in(client: Client, name: str, password: str = PASSWORD, **more: str) -> int:
    response = client.post(reverse("staff:login"), {"username": name, "password": password, **more})
    return response.status_code


def comes_in(client: Client) -> bool:
    return client.get(reverse("staff:password")).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("url", GETS)
def test_it_sends_strangers_to_the_sign_in_page_and_back(url: str) -> None:
    response = Client().get(url)
    assert (response.status_code, response["Location"]) == (302, f"/staff/login/?next={url}")


@pytest.mark.django_db
@pytest.mark.parametrize("url", POSTS)
def test_it_refuses_what_strangers_post(url: str) -> None:
    response = Client().post(url)
    assert (response.status_code, response["Location"]) == (302, "/staff/login/?next=/staff/")


@pytest.mark.parametrize("url", GETS)
def test_it_shows_nothing_to_a_user_who_is_not_staff(charlie: Person, url: str) -> None:
    assert charlie.client.get(url).status_code == 302


@pytest.mark.parametrize("url", POSTS)
def test_it_takes_nothing_from_a_user_who_is_not_staff(charlie: Person, url: str) -> None:
    assert charlie.client.post(url).status_code == 302


@pytest.mark.parametrize("url", sorted(set(GETS) - FOR_EVERYONE))
def test_it_shows_nothing_without_permission(bob: Person, url: str) -> None:
    assert bob.client.get(url).status_code == 403


@pytest.mark.parametrize("url", sorted(set(POSTS) - FOR_EVERYONE))
def test_it_takes_nothing_without_permission(bob: Person, url: str) -> None:
    assert bob.client.post(url).status_code == 403


def test_it_counts_nothing_for_those_without_permission(bob: Person) -> None:
    talk(conversation(), tier="crisis", decision="safety")
    booking()
    page = bob.client.get(reverse("staff:password")).content.decode()
    assert "Nothing waits for you." in page


def test_a_viewer_cannot_change(alice: Person) -> None:
    for name in ("change_conversation", "change_bookingrequest"):
        alice.user.user_permissions.remove(alice.user.user_permissions.get(codename=name))
    held = talk(conversation())
    request = booking(held)
    statuses = [
        alice.client.get(reverse("staff:conversation", args=[held.pk])).status_code,
        alice.client.post(reverse("staff:review", args=[held.pk])).status_code,
        alice.client.get(reverse("staff:booking", args=[request.reference])).status_code,
        alice.client.post(reverse("staff:booking_change", args=[request.reference])).status_code,
    ]
    assert statuses == [200, 403, 200, 403]


def test_a_deactivated_user_is_out_at_once(alice: Person) -> None:
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    assert not comes_in(alice.client)


def test_staff_sign_in_with_their_password(alice: Person) -> None:
    client = Client()
    assert sign_in(client, "alice") == 302
    assert comes_in(client)


def test_the_way_back_after_signing_in_stays_on_this_site(alice: Person) -> None:
    response = Client().post(
        reverse("staff:login"),
        {"username": "alice", "password": PASSWORD, "next": "https://elsewhere.example/"},
    )
    assert response["Location"] == "/staff/"


def test_others_cannot_tell_that_their_password_was_right(charlie: Person) -> None:
    pages = []
    for password in (PASSWORD, "wrong"):
        response = Client().post(
            reverse("staff:login"), {"username": "charlie", "password": password}
        )
        pages.append((response.status_code, b"do not fit" in response.content))
    assert pages == [(200, True), (200, True)]


def test_five_failures_block_a_name_from_an_address(alice: Person) -> None:
    client = Client()
    for _ in range(5):
        sign_in(client, "alice", "wrong")
    assert sign_in(client, "alice") == 429
    assert not comes_in(client)


def test_signing_out_takes_a_post(alice: Person) -> None:
    assert alice.client.get(reverse("staff:logout")).status_code == 405
    assert comes_in(alice.client)


def test_signing_out_ends_the_session(alice: Person) -> None:
    response = alice.client.post(reverse("staff:logout"))
    assert response["Location"] == reverse("staff:login")
    assert not comes_in(alice.client)


def test_a_form_of_another_site_is_refused(alice: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = alice.client.cookies
    assert client.post(reverse("staff:search"), {"words": "a"}).status_code == 403


def test_the_password_can_be_changed(alice: Person) -> None:
    fields = ("old_password", "new_password1", "new_password2")
    values = (PASSWORD, "another-quiet-river", "another-quiet-river")
    alice.client.post(reverse("staff:password"), dict(zip(fields, values, strict=True)))
    assert sign_in(Client(), "alice", "another-quiet-river") == 302


def test_a_weak_new_password_is_refused(alice: Person) -> None:
    fields = ("old_password", "new_password1", "new_password2")
    values = (PASSWORD, "alice", "alice")
    response = alice.client.post(reverse("staff:password"), dict(zip(fields, values, strict=True)))
    assert "The password was not changed" in response.content.decode()
    assert sign_in(Client(), "alice") == 302


def _expiry(person: Person) -> object:
    return Session.objects.get(pk=person.client.session.session_key).expire_date


@pytest.mark.parametrize("name", ["attention", "newer"])
def test_what_a_page_asks_for_by_itself_keeps_nobody_signed_in(alice: Person, name: str) -> None:
    held = talk(conversation())
    before = _expiry(alice)
    url = reverse(f"staff:{name}", args=[held.pk] if name == "newer" else [])
    alice.client.get(url, {"after": 0}, headers={"HX-Request": "true"})
    assert _expiry(alice) == before


def test_what_staff_do_puts_the_time_out_off(alice: Person) -> None:
    before = _expiry(alice)
    alice.client.get(reverse("staff:conversations"))
    assert _expiry(alice) != before


@pytest.mark.django_db
def test_a_page_left_open_leads_to_the_sign_in_page_when_the_session_ended() -> None:
    response = Client().get(
        reverse("staff:attention"),
        headers={
            "HX-Request": "true",
            "HX-Current-URL": "http://testserver/staff/conversations/?tier=crisis",
        },
    )
    assert response["HX-Redirect"] == (
        "/staff/login/?next=%2Fstaff%2Fconversations%2F%3Ftier%3Dcrisis"
    )


@pytest.mark.parametrize("url", [*GETS, reverse("staff:login")])
def test_nothing_is_kept_by_browsers_and_proxies(alice: Person, url: str) -> None:
    assert "no-store" in alice.client.get(url)["Cache-Control"]


@pytest.mark.parametrize("url", [reverse("staff:conversations"), reverse("staff:login")])
def test_no_page_runs_or_shows_what_stands_in_it(alice: Person, url: str) -> None:
    response = alice.client.get(url)
    policy = response["Content-Security-Policy"]
    assert "'unsafe-inline'" not in policy
    assert "'unsafe-eval'" not in policy
    page = response.content.decode()
    assert "style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count("<script src=")


def test_a_missing_object_is_a_page_of_the_console(alice: Person) -> None:
    response = alice.client.get(reverse("staff:conversation", args=[KEY]))
    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()


def test_staff_start_where_they_may_be(alice: Person) -> None:
    permission = alice.user.user_permissions.get(codename="view_conversation")
    alice.user.user_permissions.remove(permission)
    assert alice.client.get(reverse("staff:home"))["Location"] == reverse("staff:bookings")
