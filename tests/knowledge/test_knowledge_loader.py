"""What the loader refuses, and how it says so: file, entry, field and what to do."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge import load_knowledge

Change = Callable[[Any], object]
Problems = Callable[[], tuple[str, ...]]
ProblemsAfter = Callable[[str, Change], tuple[str, ...]]


def test_a_valid_folder_gives_typed_entries(folder: Path) -> None:
    entry = load_knowledge(folder).entries["nmt_definition"]
    assert (entry.label, entry.status, entry.approved_on) == (
        "What is neuromuscular therapy?",
        "approved",
        date(2026, 11, 22),
    )


def test_an_answers_source_is_the_named_section_of_the_article(folder: Path) -> None:
    source = load_knowledge(folder).entries["feet_and_headaches"].source
    assert source.section == "Your feet and headaches"
    assert source.url.startswith("https://clinic.example/blog/")


def test_a_section_with_its_own_source_is_cited_by_that(folder: Path) -> None:
    source = load_knowledge(folder).entries["restless_legs"].source
    assert source.url == "https://www.nhlbi.nih.gov/health/restless-legs-syndrome"


def test_the_clinics_values_are_filled_into_answers(folder: Path) -> None:
    assert "(310) 555-0142" in load_knowledge(folder).entries["contact_details"].web


def test_a_follow_up_question_that_nobody_answered_has_no_detail(folder: Path) -> None:
    entries = load_knowledge(folder).entries
    assert set(entries["botox_for_headaches"].details) == {"how_often", "is_it_safe"}
    assert not entries["nmt_method"].details


def test_files_with_windows_line_ends_and_byte_order_mark_are_read(folder: Path) -> None:
    before = load_knowledge(folder)
    for path in folder.rglob("*.*"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_knowledge(folder) == before


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("label", None, "label: is missing; add it"),
        ("label", "", "label: is empty; write it"),
        ("label", ["a"], "label: must be text, not a list"),
        ("label", "x" * 41, "label: has 41 characters; shorten it to at most 40"),
        ("web", {"en": "x"}, "web: must be text, not a mapping"),
        ("web", "word " * 101, "web: has 101 words; shorten it to at most 100"),
        ("web", "See <b>this</b>.", "web: contains '<'"),
        ("web", "See https://clinic.example", "web: contains 'https://'"),
        ("web", "See {clinic.booking_url}", "web: contains 'https://'"),
        ("web", "Some **bold", "web: has a ** without its partner"),
        ("web", "Call {clinic.fax}", "placeholder {clinic.fax} is unknown; use {clinic.name}"),
        ("web", "Call {clinic.phone_display", "placeholder { is unknown"),
        ("web", "Call (310) 274-0000", "web: '(310) 274-0000' could be a real number"),
        ("sms", "a" * 307, "sms: is 3 SMS segments once filled in; shorten it to 2"),
        ("sms", "a" * 300 + " {clinic.name}", "sms: is 3 SMS segments once filled in"),
        ("sms", "It\u2019s \u2026", "sms: contains '\u2019' '\u2026'"),
        ("sms", "**Bold**", "sms: contains **"),
        ("follow_ups", [], "follow_ups: is empty; fill it"),
        ("follow_ups", "doctor", "follow_ups: must be a list, not text"),
        ("follow_ups", ["doctor"], "follow_ups: names 1 topics; name two or three"),
        ("follow_ups", ["doctor", ["x"]], "follow_ups: must be a list of plain words"),
        ("follow_ups", ["doctor", "doctor"], "follow_ups: names a topic twice"),
        ("follow_ups", ["doctor", "sorcery"], "follow_ups: 'sorcery' is no topic"),
        ("follow_ups", ["doctor", "out_of_scope"], "follow_ups: 'out_of_scope' is no topic"),
        ("follow_ups", ["doctor", "nmt_method"], "follow_ups: names the entry's own topic"),
        ("source", None, "source: is missing; add it"),
        ("source", "the article", "source: must be a mapping of fields, not text"),
        ("source", {"article": "x", "section": "y"}, "source: article: 'x' is no file"),
        (
            "source",
            {"article": "narcolepsy", "section": "y"},
            "source: section: 'y' is not in narcolepsy.md; use Announcement",
        ),
        (
            "source",
            {"article": "narcolepsy", "section": "Announcement"},
            "status: is approved but its article is a draft",
        ),
        ("offer_booking", "perhaps", "offer_booking: 'perhaps' is unknown; use true, false"),
        ("status", "final", "status: 'final' is unknown; use draft, approved"),
        ("status", "draft", "approved_by: is set on a draft"),
        ("approved_by", None, "approved_by: is missing; add it"),
        ("approved_on", "soon", "approved_on: 'soon' is not a date"),
        ("approved_on", "2026-02-30", "approved_on: '2026-02-30' is no day of the calendar"),
        ("details", {"colour": {"web": "x", "sms": "y"}}, "details: colour: is unknown"),
        ("details", {"cost": {"web": "x"}}, "details: cost: sms: is missing; add it"),
        ("details", {"cost": {"web": "x", "sms": "a" * 307}}, "details: cost: sms: is 3 SMS"),
        ("emoji", "x", "emoji: is unknown; remove it"),
    ],
)
def test_a_wrong_field_of_an_answer_is_named(
    problems_after: ProblemsAfter, field: str, value: Any, expected: str
) -> None:
    def change(data: Any) -> None:
        data["nmt_method"][field] = value
        if value is None:
            del data["nmt_method"][field]

    found = problems_after("answers.yml", change)
    assert any(problem.startswith("answers.yml: nmt_method: ") and expected in problem for problem in found)


def test_two_topics_with_one_label_are_refused(problems_after: ProblemsAfter) -> None:
    found = problems_after(
        "answers.yml", lambda data: data["doctor"].update(label="How does the therapy work?")
    )
    assert found == ("answers.yml: doctor: label: is the same as that of nmt_method; change one",)


def test_an_unknown_topic_is_named(problems_after: ProblemsAfter) -> None:
    found = problems_after("answers.yml", lambda data: data.update(sorcery={}))
    assert found == ("answers.yml: sorcery: is an unknown topic; correct it or add it to topics.py",)


def test_a_missing_topic_is_named(problems_after: ProblemsAfter) -> None:
    found = problems_after("answers.yml", lambda data: data.pop("narcolepsy"))
    assert found == ("answers.yml: narcolepsy: has no answer; add the entry",)


def test_all_problems_of_all_files_are_listed_at_once(folder: Path, problems: Problems) -> None:
    (folder / "answers.yml").write_text("[]")
    (folder / "clinic.yml").unlink()
    (folder / "safety.yml").write_text("tiers: [")
    (folder / "articles" / "narcolepsy.md").write_text("no front matter")
    files = [problem.split(":")[0] for problem in problems()]
    assert files == ["clinic.yml", "articles/narcolepsy.md", "answers.yml", "safety.yml"]


@pytest.mark.parametrize("name", ["answers.yml", "clinic.yml", "details.yml", "safety.yml"])
def test_a_missing_file_is_one_problem(folder: Path, problems: Problems, name: str) -> None:
    (folder / name).unlink()
    assert problems()[0] == f"{name}: file is missing; add it"


def test_a_folder_that_does_not_exist_is_reported_file_by_file(folder: Path, problems: Problems) -> None:
    shutil.rmtree(folder)
    assert problems() == (
        "clinic.yml: file is missing; add it",
        "articles/: holds no .md file; add the clinic's articles",
        "details.yml: file is missing; add it",
        "answers.yml: file is missing; add it",
        "safety.yml: file is missing; add it",
    )


def test_a_file_that_is_not_utf8_is_refused_with_the_place(folder: Path, problems: Problems) -> None:
    (folder / "clinic.yml").write_bytes("name: Clínica".encode("latin-1"))
    assert "clinic.yml: is not UTF-8 (byte 9); save it as UTF-8" in problems()


def test_a_duplicate_key_is_refused_with_its_line(folder: Path, problems: Problems) -> None:
    path = folder / "clinic.yml"
    text = path.read_text("utf-8")
    path.write_text(text + "hours: never\n", "utf-8")
    line = text.count("\n") + 1
    assert problems() == (f"clinic.yml: line {line}: hours stands twice; keep one of the two",)


def test_a_duplicate_key_deep_inside_is_refused(folder: Path, problems: Problems) -> None:
    path = folder / "answers.yml"
    text = path.read_text("utf-8").replace(
        "    article: narcolepsy\n", "    article: x\n    article: narcolepsy\n"
    )
    path.write_text(text, "utf-8")
    assert [problem.split(": ", 2)[2] for problem in problems()] == [
        "article stands twice; keep one of the two"
    ]


def test_a_duplicate_key_in_front_matter_is_counted_from_the_top_of_the_file(
    folder: Path, problems: Problems
) -> None:
    path = folder / "articles" / "narcolepsy.md"
    path.write_text(path.read_text("utf-8").replace("---\n", "---\ntitle: x\n", 1), "utf-8")
    assert problems() == ("articles/narcolepsy.md: line 3: title stands twice; keep one of the two",)


def test_broken_yaml_is_refused_with_its_line(folder: Path, problems: Problems) -> None:
    (folder / "safety.yml").write_text("tiers: {}\nflags: [")
    assert problems()[0].startswith("safety.yml: is not valid YAML in line 2")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("phone_tel", "310-555-0142", "phone_tel: '310-555-0142' is not a number in the form"),
        ("phone_tel", "+13102740000", "phone_tel: could be a real number"),
        ("phone_tel", "+13105550143", "phone_display: is not the number of phone_tel"),
        ("phone_display", "(310) 274-0000", "phone_display: '(310) 274-0000' could be a real"),
        ("name", "Beverly Hills Clinic", "name: must contain the word demo"),
        ("address", "1 Real Street", "address: must contain the word demo"),
        ("website", "http://clinic.example", "website: 'http://clinic.example' is not an address"),
        ("booking_url", "javascript:alert(1)", "booking_url: 'javascript:alert(1)' is not an"),
        ("timezone", "Mars/Base", "timezone: 'Mars/Base' is unknown"),
        ("greeting", "Hello {clinic.name}", "greeting: contains '{clinic.name}'"),
        ("suggestions", ["greet"], "suggestions: 'greet' is no topic that can be offered"),
        ("demo", "maybe", "demo: 'maybe' is unknown; use true, false"),
        ("colour", "blue", "colour: is unknown; remove it"),
    ],
)
def test_a_wrong_value_of_the_clinic_is_named(
    problems_after: ProblemsAfter, field: str, value: Any, expected: str
) -> None:
    found = problems_after("clinic.yml", lambda data: data.update({field: value}))
    assert any(problem.startswith(f"clinic.yml: {expected}") for problem in found)


def test_a_real_clinic_may_have_a_real_number(folder: Path) -> None:
    path = folder / "clinic.yml"
    text = path.read_text("utf-8").replace("demo: true", "demo: false").replace("555-0142", "274-0000")
    path.write_text(text.replace("5550142", "2740000"), "utf-8")
    assert load_knowledge(folder).clinic.phone_tel == "+13102740000"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda data: data["tiers"].pop("crisis"), "tiers: crisis: is missing; add it"),
        (lambda data: data["tiers"].update(mild={}), "tiers: mild: is unknown"),
        (lambda data: data["tiers"]["urgent"].pop("es"), "tiers: urgent: es: is missing; add it"),
        (
            lambda data: data["tiers"]["urgent"]["es"].update(sms="Llame a la clínica"),
            "tiers: urgent: es: sms: contains 'í'",
        ),
        (
            lambda data: data["tiers"]["urgent"]["en"].update(sms="a" * 161),
            "tiers: urgent: en: sms: is 2 SMS segments once filled in; shorten it to 1",
        ),
        (
            lambda data: data["flags"]["stroke_signs"].update(tier="minor"),
            "flags: stroke_signs: tier: 'minor' is unknown; use crisis, emergency, urgent, none",
        ),
        (
            lambda data: data["flags"]["stroke_signs"].update(fr={}),
            "flags: stroke_signs: fr: is unknown",
        ),
        (lambda data: data.pop("information"), "information: is missing; add it"),
        (lambda data: data["source"][0].pop("url"), "source 1: url: is missing; add it"),
        (lambda data: data["source"].clear(), "source: is empty; fill it"),
    ],
)
def test_incomplete_safety_wording_is_refused(
    problems_after: ProblemsAfter, change: Change, expected: str
) -> None:
    found = problems_after("safety.yml", change)
    assert any(problem.startswith(f"safety.yml: {expected}") for problem in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no front matter", "has no front matter"),
        ("---\ntitle: T\n---\n## S\nx\n", "url: is missing; add it"),
        (
            "---\ntitle: T\nurl: http://x\nstatus: draft\nnote: n\n---\n## S\nx\n",
            "url: 'http://x' is not an address that starts with https://",
        ),
        (
            "---\ntitle: T\nurl: https://x\nstatus: draft\nnote: n\n---\nx\n",
            "has no section; begin each with ## and its heading",
        ),
        (
            "---\ntitle: T\nurl: https://x\nstatus: draft\nnote: n\n---\n## S\n\n## T\nx\n",
            "S: is empty; write the section or remove it",
        ),
        (
            "---\ntitle: T\nurl: https://x\nstatus: draft\nnote: n\n---\n## S\nx\n## S\ny\n",
            "S: stands twice; join the two sections",
        ),
    ],
)
def test_an_incomplete_article_is_refused(folder: Path, problems: Problems, text: str, expected: str) -> None:
    (folder / "articles" / "extra.md").write_text(text)
    assert any(problem.startswith(f"articles/extra.md: {expected}") for problem in problems())
