"""Loads and checks the knowledge folder; nothing that fails a check is ever said to a patient.

answers.yml     one entry a topic
articles/*.md   the facts the answers rest on; an entry's source names an article and its section
details.yml     follow-up questions, and which topic answers them
clinic.yml      what belongs to one clinic; `{clinic.<field>}` in a text stands for a value of it
safety.yml      the fixed wording for emergencies
"""

import re
import zoneinfo
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, cast

from knowledge.files import Fields, Problems, parse_yaml, read_text, unreadable
from knowledge.model import Citation, Clinic, Detail, Entry, FlagWording, Knowledge, Safety, Source, Wording
from knowledge.segments import not_gsm7, segments
from knowledge.topics import ANY, ASKABLE_TOPICS, TOPICS

LOCALES = ("en", "es")
TIERS = ("crisis", "emergency", "urgent")

LABEL_CHARACTERS = 40
WEB_WORDS = 100
ANSWER_SEGMENTS = 2
FOLLOW_UPS = range(2, 4)

HTTPS = r"https://[^\s<>()]+"
HTTPS_WHAT = "an address that starts with https://"
ENTRY_FIELDS = tuple(field.name for field in fields(Entry) if field.name != "topic")
CLINIC_FIELDS = tuple(field.name for field in fields(Clinic))
PLACEHOLDERS = (
    "name",
    "doctor",
    "phone_display",
    "address",
    "hours",
    "insurance",
    "website",
    "booking_url",
)

# North American numbers as people write them; 911 and 988 are too short to match.
PHONE = re.compile(r"(?<!\d)(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}(?!\d)")
# Reserved for fiction in every area code.
FICTIONAL_PHONE = re.compile(r"555[ .-]?01\d\d$")
BRACES = re.compile(r"\{[^{}]*\}|[{}]")
# Outside the reply markup subset: HTML, links, addresses, code, headings.
FOREIGN_MARKUP = re.compile(r"<|\]\(|https?://|`|^#", re.MULTILINE)


class KnowledgeError(Exception):
    """The knowledge folder is not fit for use. `problems` lists everything that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


def load_knowledge(folder: Path | None = None) -> Knowledge:
    """Everything that may be said, read from `folder` (by default the one this file is in).

    Raises KnowledgeError, and nothing else, with all problems of all files.
    """
    folder = folder or Path(__file__).parent
    problems = Problems()
    clinic = _clinic(_yaml_file(folder, "clinic.yml", problems))
    texts = _Texts(clinic, problems)
    articles = _articles(folder / "articles", texts, problems)
    details = _details(_yaml_file(folder, "details.yml", problems))
    entries = _entries(_yaml_file(folder, "answers.yml", problems), articles, texts, details)
    safety = _safety(_yaml_file(folder, "safety.yml", problems), texts)
    if problems.found:
        raise KnowledgeError(problems.found)
    return Knowledge(clinic=clinic, entries=entries, details=details, safety=safety)


def _yaml_file(folder: Path, name: str, problems: Problems) -> Fields:
    text = read_text(folder / name, name, problems)
    return unreadable(name) if text is None else parse_yaml(text, name, problems)


class _Texts:
    """Reads patient-facing texts: fills in the clinic's values and checks the result."""

    def __init__(self, clinic: Clinic, problems: Problems) -> None:
        self.values = {f"{{clinic.{name}}}": getattr(clinic, name) for name in PLACEHOLDERS}
        self.demo = clinic.demo
        self.problems = problems

    def read(self, source: Fields, field: str) -> str:
        text = self.fill(source.text(field), f"{source.place}: {field}")
        if self.demo:
            _check_fictional_phones(source, field, text)
        return text

    def fill(self, text: str, place: str) -> str:
        def value(match: re.Match[str]) -> str:
            if match[0] not in self.values:
                self.problems.add(place, f"placeholder {match[0]} is unknown; use {', '.join(self.values)}")
                return ""
            return cast(str, self.values[match[0]])

        return BRACES.sub(value, text)

    def wording(self, source: Fields, at_most_segments: int) -> Wording:
        wording = Wording(web=self.read(source, "web"), sms=self.read(source, "sms"))
        words = len(wording.web.split())
        if words > WEB_WORDS:
            source.problem("web", f"has {words} words; shorten it to at most {WEB_WORDS}")
        foreign = FOREIGN_MARKUP.search(wording.web)
        if foreign:
            source.problem("web", f"contains {foreign[0]!r}; use only paragraphs, lists with - and **bold**")
        if wording.web.count("**") % 2:
            source.problem("web", "has a ** without its partner; close the bold text")
        strange = not_gsm7(wording.sms)
        if strange:
            source.problem(
                "sms",
                f"contains {' '.join(map(repr, strange))}, which would double its cost; "
                "write it with plain GSM-7 characters",
            )
        if "**" in wording.sms:
            source.problem("sms", "contains **; SMS has no bold text, remove it")
        count = segments(wording.sms)
        if not strange and count > at_most_segments:
            source.problem("sms", f"is {count} SMS segments once filled in; shorten it to {at_most_segments}")
        return wording


def _check_fictional_phones(source: Fields, field: str, text: str) -> None:
    for phone in PHONE.findall(text):
        if not FICTIONAL_PHONE.search(phone):
            source.problem(field, f"{phone!r} could be a real number; in a demo use 555-01xx")


def _clinic(source: Fields) -> Clinic:
    source.only(CLINIC_FIELDS)
    demo = source.flag("demo")
    clinic = Clinic(
        demo=demo,
        name=source.text("name"),
        doctor=source.text("doctor"),
        phone_display=source.text("phone_display"),
        phone_tel=source.matching("phone_tel", r"\+[1-9][0-9]{6,14}", "a number in the form +13105550142"),
        address=source.text("address"),
        hours=source.text("hours"),
        timezone=source.text("timezone"),
        insurance=source.text("insurance"),
        website=source.matching("website", HTTPS, HTTPS_WHAT),
        booking_url=source.matching("booking_url", HTTPS, HTTPS_WHAT),
        notice=source.text("notice"),
        emergency=source.text("emergency"),
        greeting=source.text("greeting"),
        suggestions=source.texts("suggestions"),
    )
    _check_clinic(clinic, source)
    return clinic


def _check_clinic(clinic: Clinic, source: Fields) -> None:
    for field in CLINIC_FIELDS:
        value = getattr(clinic, field)
        if not isinstance(value, str):
            continue
        braces = BRACES.search(value)
        if braces:
            source.problem(field, f"contains {braces[0]!r}; write the value itself")
        if clinic.demo and field != "phone_tel":
            _check_fictional_phones(source, field, value)
    if clinic.demo:
        for field in ("name", "address"):
            value = getattr(clinic, field)
            if value and "demo" not in value.lower():
                source.problem(field, "must contain the word demo; nobody may take it for real")
        if clinic.phone_tel and not FICTIONAL_PHONE.search(clinic.phone_tel):
            source.problem("phone_tel", "could be a real number; in a demo use 555-01xx")
    shown = re.sub(r"[^0-9]", "", clinic.phone_display)
    if clinic.phone_tel and shown and not clinic.phone_tel.endswith(shown):
        source.problem("phone_display", "is not the number of phone_tel; make them the same")
    if clinic.timezone and _timezones() and clinic.timezone not in _timezones():
        source.problem("timezone", f"{clinic.timezone!r} is unknown; use for example Europe/Paris")
    _check_offered(clinic.suggestions, source, "suggestions")


@cache
def _timezones() -> frozenset[str]:
    """All names; empty on a system without time zone data, where none can be checked."""
    return frozenset(zoneinfo.available_timezones())


def _check_offered(topics: tuple[str, ...], source: Fields, field: str) -> None:
    for topic in topics:
        if topic not in ASKABLE_TOPICS:
            source.problem(field, f"{topic!r} is no topic that can be offered; use one of ASKABLE_TOPICS")
    if len(set(topics)) < len(topics):
        source.problem(field, "names a topic twice; keep one of the two")


@dataclass(frozen=True)
class _Article:
    approved: bool
    sources: Mapping[str, Source]


# What is wrong with it is noted already; the entries that cite it are not to blame.
_BROKEN_ARTICLE = _Article(approved=True, sources={})


def _articles(folder: Path, texts: _Texts, problems: Problems) -> dict[str, _Article]:
    paths = sorted(folder.glob("*.md"))
    if not paths:
        problems.add("articles/", "holds no .md file; add the clinic's articles")
    articles = {}
    for path in paths:
        place = f"articles/{path.name}"
        text = read_text(path, place, problems)
        articles[path.stem] = _BROKEN_ARTICLE if text is None else _article(text, place, texts, problems)
    return articles


def _article(text: str, place: str, texts: _Texts, problems: Problems) -> _Article:
    """An article is YAML front matter between two --- lines, then sections that begin with ##.

    A section whose facts come from elsewhere says so in a line `Source: [title](https://...)`.
    """
    parts = re.fullmatch(r"---\r?\n(.*?\n)---\r?\n(.*)", text, re.DOTALL)
    if parts is None:
        problems.add(place, "has no front matter; begin with title, url, status and note in ---")
        return _BROKEN_ARTICLE
    front = parse_yaml(parts[1], place, problems, first_line=2)
    front.only(("title", "url", "status", "note"))
    title = front.text("title")
    url = texts.fill(
        front.matching("url", rf"{HTTPS}|\{{clinic\.website\}}/\S*", f"{HTTPS_WHAT} or {{clinic.website}}/"),
        f"{place}: url",
    )
    approved = front.choice("status", ("draft", "approved")) != "draft"
    front.text("note")
    sources: dict[str, Source] = {}
    for section in re.split(r"^## ", parts[2], flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        heading = heading.strip()
        if heading in sources:
            problems.add(f"{place}: {heading}", "stands twice; join the two sections")
        if not body.strip():
            problems.add(f"{place}: {heading}", "is empty; write the section or remove it")
        cited = re.search(rf"^Source: \[([^\]\n]+)\]\(({HTTPS})\)\r?$", body, re.MULTILINE)
        sources[heading] = (
            Source(title=cited[1], section=heading, url=cited[2])
            if cited
            else Source(title=title, section=heading, url=url)
        )
    if not sources:
        problems.add(place, "has no section; begin each with ## and its heading")
        return _BROKEN_ARTICLE
    return _Article(approved=approved, sources=sources)


def _details(source: Fields) -> dict[str, Detail]:
    details = {}
    for key in source.data:
        detail = source.fields(key)
        detail.only(("asked", "examples", "answered_by"))
        examples = detail.texts("examples")
        if not examples:
            detail.problem("examples", "is empty; write down some ways of asking it")
        routes = detail.optional_fields("answered_by")
        for topic in routes.data:
            if topic != ANY and topic not in ASKABLE_TOPICS:
                routes.problem(topic, f"is no topic that can be asked about; use {ANY} or one of them")
        details[key] = Detail(
            asked=detail.text("asked"),
            examples=examples,
            answered_by={topic: routes.choice(topic, ASKABLE_TOPICS) for topic in routes.data},
        )
    return details


def _entries(
    source: Fields, articles: Mapping[str, _Article], texts: _Texts, known_details: Collection[str]
) -> dict[str, Entry]:
    entries = {}
    labels: dict[str, str] = {}
    for topic in source.data:
        if topic not in TOPICS:
            source.problem(topic, "is an unknown topic; correct it or add it to topics.py")
    for topic in TOPICS:
        if topic not in source.data:
            source.problem(topic, "has no answer; add the entry")
            continue
        entry = _entry(topic, source.fields(topic), articles, texts, known_details)
        if entry.label and entry.label in labels:
            source.problem(f"{topic}: label", f"is the same as that of {labels[entry.label]}; change one")
        labels[entry.label] = topic
        entries[topic] = entry
    return entries


def _entry(
    topic: str,
    source: Fields,
    articles: Mapping[str, _Article],
    texts: _Texts,
    known_details: Collection[str],
) -> Entry:
    source.only(ENTRY_FIELDS)
    label = texts.read(source, "label")
    if len(label) > LABEL_CHARACTERS:
        source.problem("label", f"has {len(label)} characters; shorten it to at most {LABEL_CHARACTERS}")
    follow_ups = source.texts("follow_ups")
    if follow_ups and len(follow_ups) not in FOLLOW_UPS:
        source.problem("follow_ups", f"names {len(follow_ups)} topics; name two or three")
    if topic in follow_ups:
        source.problem("follow_ups", "names the entry's own topic; name another")
    _check_offered(follow_ups, source, "follow_ups")
    question = texts.read(source, "question")
    wording = texts.wording(source, ANSWER_SEGMENTS)
    cited, from_approved = _source(source.fields("source"), articles)
    status, approved_by, approved_on = _approval(source)
    if status == "approved" and not from_approved:
        source.problem("status", "is approved but its article is a draft; approve the article first")
    details = source.optional_fields("details")
    details.only(known_details)
    return Entry(
        topic=topic,
        label=label,
        question=question,
        web=wording.web,
        sms=wording.sms,
        source=cited,
        follow_ups=follow_ups,
        offer_booking=source.flag("offer_booking"),
        status=status,
        approved_by=approved_by,
        approved_on=approved_on,
        details={
            key: texts.wording(_only_wording(details.fields(key)), ANSWER_SEGMENTS)
            for key in details.data
            if key in known_details
        },
    )


def _source(source: Fields, articles: Mapping[str, _Article]) -> tuple[Source, bool]:
    """The source an entry names by article and section, and whether that article is approved."""
    source.only(("article", "section"))
    name, section = source.text("article"), source.text("section")
    article = articles.get(name)
    if article is None:
        if name:
            source.problem("article", f"{name!r} is no file in articles/; use {_names(articles)}")
    elif section in article.sources:
        return article.sources[section], article.approved
    elif section and article is not _BROKEN_ARTICLE:
        source.problem("section", f"{section!r} is not in {name}.md; use {_names(article.sources)}")
    return Source(title="", section="", url=""), True


def _names(mapping: Mapping[str, object]) -> str:
    return ", ".join(mapping) or "what exists"


def _approval(source: Fields) -> tuple[Literal["draft", "approved"], str | None, date | None]:
    status = source.choice("status", ("draft", "approved"))
    if status == "approved":
        return "approved", source.text("approved_by"), _date(source, "approved_on")
    for field in ("approved_by", "approved_on"):
        if status and source.optional_text(field) is not None:
            source.problem(field, "is set on a draft; empty it or set status to approved")
    return "draft", None, None


def _date(source: Fields, field: str) -> date | None:
    value = source.matching(field, r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date in the form 2026-01-31")
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        source.problem(field, f"{value!r} is no day of the calendar; correct it")
        return None


def _safety(source: Fields, texts: _Texts) -> Safety:
    source.only(("tiers", "flags", "information", "reminders", "source"))
    tiers = source.fields("tiers")
    tiers.only(TIERS)
    flags = source.fields("flags")
    reminders = source.fields("reminders")
    reminders.only(TIERS)
    return Safety(
        tiers={tier: _locales(tiers.fields(tier), texts) for tier in TIERS},
        flags={flag: _flag(flags.fields(flag), texts) for flag in flags.data},
        information=_locales(source.fields("information"), texts),
        reminders={tier: _locales(reminders.fields(tier), texts) for tier in TIERS},
        source=tuple(_citation(item) for item in source.each("source")),
    )


def _flag(source: Fields, texts: _Texts) -> FlagWording:
    return FlagWording(
        tier=source.choice("tier", (*TIERS, "none")), wording=_locales(source, texts, ("tier",))
    )


def _locales(source: Fields, texts: _Texts, other_fields: tuple[str, ...] = ()) -> dict[str, Wording]:
    source.only((*other_fields, *LOCALES))
    return {locale: texts.wording(_only_wording(source.fields(locale)), 1) for locale in LOCALES}


def _only_wording(source: Fields) -> Fields:
    source.only(("web", "sms"))
    return source


def _citation(source: Fields) -> Citation:
    source.only(("id", "title", "url"))
    return Citation(
        id=source.text("id"),
        title=source.text("title"),
        url=source.matching("url", HTTPS, HTTPS_WHAT),
    )
