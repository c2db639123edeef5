"""Reads the knowledge files as text and YAML, and collects what is wrong instead of stopping."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml


class Problems:
    """The problems found so far, each a sentence that names file, entry, field and what to do."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, place: str, what: str) -> None:
        self.found.append(f"{place}: {what}")


class _Loader(yaml.BaseLoader):
    """YAML in which every scalar is text (so `no` stays "no") and duplicate keys are noticed.

    PyYAML itself lets the last of two equal keys win in silence.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.duplicates: list[tuple[str, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) < len(node.value):
            seen = set()
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if key in seen:
                    self.duplicates.append((key, key_node.start_mark.line + 1))
                seen.add(key)
        return mapping


def read_text(path: Path, place: str, problems: Problems) -> str | None:
    """The file's text, or None with a problem noted. `place` is how messages name the file."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problems.add(place, "file is missing; add it")
    except UnicodeDecodeError as error:
        problems.add(place, f"is not UTF-8 (byte {error.start + 1}); save it as UTF-8")
    except OSError as error:
        problems.add(place, f"cannot be read ({error.strerror}); check the file")
    return None


def parse_yaml(text: str, place: str, problems: Problems, first_line: int = 1) -> "Fields":
    """The mapping that `text` holds.

    If it holds none, that is noted once and the fields read from it are empty without further
    complaint. `first_line` is the line of the file at which `text` begins.
    """
    try:
        loader = _Loader(text)
        data = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + first_line}" if error.problem_mark else ""
        problems.add(place, f"is not valid YAML{line}: {error.problem}; correct it")
    except yaml.YAMLError:
        problems.add(place, "is not valid YAML: it contains control characters; remove them")
    except RecursionError:
        problems.add(place, "is nested too deeply; use the documented fields only")
    else:
        for key, line_number in loader.duplicates:
            problems.add(
                place,
                f"line {line_number + first_line - 1}: {key} stands twice; keep one of the two",
            )
        if isinstance(data, dict):
            return Fields(data, place, problems)
        problems.add(place, f"must be a mapping of fields, not {_kind(data)}")
    return unreadable(place)


def unreadable(place: str) -> "Fields":
    """Stands for a file whose one problem is already noted."""
    return Fields({}, place, Problems())


class Fields:
    """One YAML mapping being read: hands out typed fields and notes what is wrong with them.

    What is missing or wrong is returned empty, so that reading goes on and finds every problem.
    """

    def __init__(self, data: dict[str, Any], place: str, problems: Problems) -> None:
        self.data = data
        self.place = place
        self.problems = problems

    def problem(self, field: str, what: str) -> None:
        self.problems.add(f"{self.place}: {field}" if field else self.place, what)

    def text(self, field: str) -> str:
        value = self.data.get(field)
        if value is None:
            self.problem(field, "is missing; add it")
        elif not isinstance(value, str):
            self.problem(field, f"must be text, not {_kind(value)}")
        elif not value.strip():
            self.problem(field, "is empty; write it")
        else:
            return value.strip()
        return ""

    def optional_text(self, field: str) -> str | None:
        if self.data.get(field) in (None, "", "null"):
            return None
        return self.text(field)

    def matching(self, field: str, pattern: str, what: str) -> str:
        """Text that matches all of `pattern`; `what` describes it to the person who corrects it."""
        value = self.text(field)
        if value and not re.fullmatch(pattern, value):
            self.problem(field, f"{value!r} is not {what}; correct it")
            return ""
        return value

    def choice(self, field: str, allowed: Collection[str]) -> str:
        value = self.text(field)
        if value and value not in allowed:
            self.problem(field, f"{value!r} is unknown; use {', '.join(allowed)}")
            return ""
        return value

    def flag(self, field: str) -> bool:
        return self.choice(field, ("true", "false")) == "true"

    def items(self, field: str) -> list[Any]:
        value = self.data.get(field)
        if value is None:
            self.problem(field, "is missing; add it")
        elif not isinstance(value, list):
            self.problem(field, f"must be a list, not {_kind(value)}")
        elif not value:
            self.problem(field, "is empty; fill it")
        else:
            return value
        return []

    def texts(self, field: str) -> tuple[str, ...]:
        values = self.items(field)
        if not all(isinstance(value, str) for value in values):
            self.problem(field, "must be a list of plain words")
            return ()
        return tuple(values)

    def fields(self, field: str) -> "Fields":
        value = self.data.get(field)
        if value is None:
            self.problem(field, "is missing; add it")
            value = {}
        return self._inner(field, value)

    def optional_fields(self, field: str) -> "Fields":
        return self.fields(field) if field in self.data else self._inner(field, {})

    def each(self, field: str) -> "list[Fields]":
        """The mappings in the list `field`."""
        return [
            self._inner(f"{field} {number}", value) for number, value in enumerate(self.items(field), start=1)
        ]

    def only(self, known: Collection[str]) -> None:
        """Notes every field that is not one of `known`."""
        for field in self.data:
            if field not in known:
                self.problem(field, f"is unknown; remove it or use {', '.join(known)}")

    def _inner(self, field: str, value: Any) -> "Fields":
        if not isinstance(value, dict):
            self.problem(field, f"must be a mapping of fields, not {_kind(value)}")
            value = {}
        return Fields(value, f"{self.place}: {field}", self.problems)


def _kind(value: object) -> str:
    return {str: "text", list: "a list", dict: "a mapping", type(None): "nothing"}[type(value)]
