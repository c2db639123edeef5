"""Whatever stands in the files, the loader returns knowledge or raises KnowledgeError."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import Knowledge, KnowledgeError, load_knowledge

NAMES = ("answers.yml", "clinic.yml", "details.yml", "safety.yml", "articles/narcolepsy.md")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
# Pieces that meet YAML's syntax more often than arbitrary text does.
PIECES = [
    *"{}[]:,-?&*!|>%@`'\"#\n\t ",
    *("&a", "*a", "<<: ", "key: ", "- ", "\n  ", "---\n", "? [a]\n: b\n", "\x00", "{clinic.}"),
    *("2024-13-45", "!!int x", "!!binary ü", "!!python/object:os.system"),
]
yaml_text = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=40).map("".join)


@pytest.fixture(scope="module")
def valid(new_folder: Callable[[], Path]) -> Path:
    return new_folder()


@pytest.fixture(scope="module")
def bare(new_folder: Callable[[], Path]) -> Path:
    """Without answers, which take longest to read, for tests that need many runs."""
    folder = new_folder()
    (folder / "answers.yml").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def originals(valid: Path) -> dict[str, bytes]:
    return {name: (valid / name).read_bytes() for name in NAMES}


def load_with(folder: Path, original: bytes, name: str, content: bytes) -> None:
    try:
        (folder / name).write_bytes(content)
        with suppress(KnowledgeError):
            assert isinstance(load_knowledge(folder), Knowledge)
    finally:
        (folder / name).write_bytes(original)


@settings(deadline=None)
@given(
    st.sampled_from(NAMES),
    st.binary(max_size=200) | yaml_text.map(lambda t: t.encode("utf-8", "replace")),
)
def test_any_bytes_in_a_file_are_at_most_a_knowledge_error(
    bare: Path, originals: dict[str, bytes], name: str, content: bytes
) -> None:
    load_with(bare, originals[name], name, content)


@settings(deadline=None)
@given(yaml_text)
def test_any_front_matter_is_at_most_a_knowledge_error(
    bare: Path, originals: dict[str, bytes], text: str
) -> None:
    content = f"---\n{text}\n---\n## Section\nText\n".encode("utf-8", "replace")
    load_with(bare, originals["articles/narcolepsy.md"], "articles/narcolepsy.md", content)


@pytest.fixture(scope="module")
def contents(originals: dict[str, bytes]) -> dict[str, Any]:
    return {name: yaml.safe_load(originals[name]) for name in NAMES[:3]}


def paths(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*path, key))


@settings(deadline=None, max_examples=50)
@given(st.data(), st.sampled_from(NAMES[:3]), values)
def test_any_value_in_any_field_is_at_most_a_knowledge_error(
    valid: Path,
    originals: dict[str, bytes],
    contents: dict[str, Any],
    data: st.DataObject,
    name: str,
    value: Any,
) -> None:
    content = deepcopy(contents[name])
    *parents, field = data.draw(st.sampled_from(list(paths(content))))
    owner = content
    for parent in parents:
        owner = owner[parent]
    owner[field] = value
    load_with(valid, originals[name], name, json.dumps(content, default=str).encode())


@pytest.mark.parametrize(
    "text",
    ["[" * 5000, "a: " + "{a: " * 5000, "&a [*a]", "a: &a {b: *a}"],
    ids=["lists", "mappings", "list of itself", "mapping of itself"],
)
def test_bottomless_yaml_is_refused(valid: Path, originals: dict[str, bytes], text: str) -> None:
    (valid / "clinic.yml").write_text(text)
    try:
        with pytest.raises(KnowledgeError, match=r"clinic\.yml"):
            load_knowledge(valid)
    finally:
        (valid / "clinic.yml").write_bytes(originals["clinic.yml"])
