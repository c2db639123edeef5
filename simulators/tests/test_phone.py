"""The page with the phones, in a browser, and what it refuses."""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.application import TWIML
from tests.conftest import CLINIC, PATIENT, World

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Page:
    return chromium.new_page()


@pytest.fixture
def page(browser: Page, world: World) -> Page:
    """The page of a simulator with one phone."""
    world.simulator.text(PATIENT, "Hello")
    browser.set_viewport_size(ViewportSize(width=1000, height=900))
    browser.emulate_media(color_scheme="light")
    browser.goto(world.simulator.url)
    expect(browser.get_by_role("log")).to_contain_text("Hello")
    return browser


def write(page: Page, words: str) -> None:
    box = page.get_by_label("Text", exact=True)
    box.fill(words)
    box.press("Enter")


def test_a_text_goes_to_the_webhook(page: Page, world: World) -> None:
    write(page, "¿Abren hoy?")
    expect(page.get_by_role("log")).to_contain_text("¿Abren hoy?")
    world.simulator.advance(1)
    assert world.application.texts() == ["Hello", "¿Abren hoy?"]


def test_the_answer_appears_with_segments_and_price(page: Page, world: World) -> None:
    world.application.behave = lambda _: (
        200,
        TWIML,
        f"<Response><Message>{'We open at nine. ' * 12}</Message></Response>",
    )
    world.simulator.advance(60)
    expect(page.get_by_role("log")).to_contain_text("delivered · 2 segments · GSM-7 203 · $0.0166")


def test_the_sum_of_the_prices_is_shown(page: Page) -> None:
    expect(page.locator("#price")).to_have_text("$0.0083")


def test_a_phone_that_stopped_shows_it(page: Page) -> None:
    write(page, "STOP")
    expect(page.get_by_text("opted out", exact=True)).to_be_visible()


def test_a_phone_can_be_added(page: Page) -> None:
    page.get_by_label("Another phone").fill("+13105550199")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("region", name="+13105550199")).to_be_visible()


def test_a_phone_can_be_switched_off(page: Page, world: World) -> None:
    page.get_by_label("Phone is").select_option("off")
    world.simulator.wait(lambda s: s.phones[PATIENT] == "off")


def test_a_fault_can_be_set(page: Page, world: World) -> None:
    page.get_by_text("What goes wrong").click()
    page.get_by_label("callback twice").fill("0.5")
    page.get_by_label("callback twice").press("Tab")
    world.simulator.wait(lambda s: s.faults.rates.get("callback_twice") == 0.5)


def test_words_are_never_markup(page: Page) -> None:
    write(page, "<img src=x onerror=alert(1)>")
    expect(page.get_by_role("log")).to_contain_text("<img src=x")
    assert page.locator(".log img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for summary in page.locator("summary").all():
        summary.click()
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    assert [violation["id"] for violation in found.response["violations"]] == []


def test_it_fits_320_pixels(page: Page) -> None:
    page.set_viewport_size(ViewportSize(width=320, height=640))
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_it_asks_nobody_else(chromium: Browser, world: World) -> None:
    asked: set[str] = set()
    # A page of its own: the shared one may still be asking the simulator of the test before.
    with chromium.new_page() as page:
        page.on("request", lambda request: asked.add(request.url))
        page.goto(world.simulator.url)
        expect(page.locator("#link")).to_have_text("connected")
    assert {url for url in asked if not url.startswith(("data:", world.simulator.url))} == set()


TEXT = {"from": PATIENT, "to": CLINIC, "body": "Hello"}


def test_another_host_name_is_refused(world: World) -> None:
    url = f"{world.simulator.url}/simulator/texts"
    assert httpx.post(url, json=TEXT, headers={"Host": "evil.example"}).status_code == 403


def test_a_form_of_another_site_is_refused(world: World) -> None:
    assert httpx.post(f"{world.simulator.url}/simulator/texts", data=TEXT).status_code == 415


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "me"},
        {"to": "+13105550199"},
        {"body": ""},
        {"body": "x" * 1601},
        {"body": 7},
        {"pictures": 11},
        {"pictures": "one"},
    ],
)
def test_a_text_that_cannot_be_is_refused(world: World, wrong: dict[str, object]) -> None:
    url = f"{world.simulator.url}/simulator/texts"
    assert httpx.post(url, json={**TEXT, **wrong}).status_code == 400


def test_an_unknown_fault_is_refused(world: World) -> None:
    url = f"{world.simulator.url}/simulator/faults"
    assert httpx.post(url, json={"earthquake": 1}).status_code == 400
