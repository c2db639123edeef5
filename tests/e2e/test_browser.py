"""A patient in a browser, and then staff: the whole way of a question and of a booking."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from scripts.stack import Stack

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ANSWER_MS = 15_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(ANSWER_MS)
    failures: list[str] = []
    foreign: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(url) else foreign.append(request.url))
    page.goto(url)
    yield page
    assert failures == []
    assert foreign == []
    context.close()


def open_chat(page: Page) -> None:
    """Open the chat, unless it is open already: after a reload it comes back as it was."""
    box = page.get_by_role("textbox").first
    launcher = page.get_by_role("button", name=re.compile("chat", re.I)).first
    expect(box.or_(launcher).first).to_be_visible()
    if not box.is_visible():
        launcher.click()
    expect(box).to_be_visible()


def transcript(page: Page) -> Locator:
    return page.locator("clinic-chat").get_by_role("list").first


def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox").first
    box.fill(text)
    box.press("Enter")


def press(page: Page, title: str) -> None:
    transcript(page).get_by_role("button", name=title).last.click()


def expect_reply(page: Page, text: str | re.Pattern[str]) -> None:
    expect(transcript(page).get_by_text(text).last).to_be_visible(timeout=ANSWER_MS)


def log_in(page: Page, url: str, stack: Stack) -> None:
    account = (Path(stack.var) / "demo-account.txt").read_text(encoding="utf-8")
    name, password = re.findall(r"(?:username|user|password)\W+(\S+)", account, re.I)[:2]
    page.goto(f"{url}/staff/")
    page.get_by_label(re.compile("^username", re.I)).fill(name)
    page.get_by_label(re.compile("^password", re.I)).fill(password)
    page.get_by_role("button", name=re.compile("sign in", re.I)).click()


def test_patient_asks_books_with_a_correction_and_an_interruption_and_staff_sees_both(
    page: Page, url: str, stack: Stack
):
    open_chat(page)
    say(page, "What is neuromuscular therapy?")
    expect_reply(page, re.compile("hands-on treatment", re.I))
    expect(transcript(page).get_by_role("link").first).to_have_attribute("href", re.compile("^https://"))
    say(page, "do my shoes cause headaches?")
    expect_reply(page, re.compile("heel", re.I))

    say(page, "can i get an appointment")
    expect_reply(page, re.compile("full name"))
    say(page, "Ann Lee")
    expect_reply(page, re.compile("phone number can the office"))
    say(page, "where are you located?")
    expect_reply(page, re.compile("Example Way"))
    say(page, "310-555-0142")
    expect_reply(page, re.compile("patient at the clinic before"))
    press(page, "I am a new patient")
    expect_reply(page, re.compile("what is the visit about"))
    say(page, "migraines twice a week")
    expect_reply(page, re.compile("days and times"))
    say(page, "weekday mornings")
    expect_reply(page, re.compile("pass these details"))
    press(page, "Yes, pass them on")
    expect_reply(page, re.compile("check your request"))
    say(page, "actually my number is 310-555-0177")
    expect_reply(page, re.compile(r"\(310\) 555-0177"))
    press(page, "Send request")
    expect_reply(page, re.compile("FD-"))
    reference = re.search(r"FD-\w+", transcript(page).inner_text())
    assert reference

    page.reload()
    open_chat(page)
    expect_reply(page, re.compile(reference.group()))

    log_in(page, url, stack)
    page.goto(f"{url}/staff/bookings/")
    page.get_by_role("link", name=reference.group()).click()
    expect(page.get_by_text("Ann Lee").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"555.?0177")).first).to_be_visible()
    page.locator("main a[href^='/staff/conversations/']").first.click()
    expect(page.get_by_text("do my shoes cause headaches?").first).to_be_visible()
    expect(page.get_by_role("link", name=reference.group())).to_be_visible()
