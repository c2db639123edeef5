import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge import KnowledgeError, load_knowledge

SHIPPED = Path(__file__).resolve().parents[2] / "knowledge"


@pytest.fixture(scope="session")
def new_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes a valid knowledge folder: a copy of the shipped one with safety wording for tests."""

    def new_folder() -> Path:
        folder = tmp_path_factory.mktemp("copy") / "knowledge"
        shutil.copytree(SHIPPED / "articles", folder / "articles")
        for name in ("answers.yml", "clinic.yml", "details.yml"):
            shutil.copy(SHIPPED / name, folder)
        shutil.copy(Path(__file__).with_name("safety.yml"), folder)
        return folder

    return new_folder


@pytest.fixture
def folder(new_folder: Callable[[], Path]) -> Path:
    """A valid knowledge folder for one test to damage."""
    return new_folder()


@pytest.fixture
def problems(folder: Path) -> Callable[[], tuple[str, ...]]:
    """What the loader complains about in `folder`."""

    def problems() -> tuple[str, ...]:
        with pytest.raises(KnowledgeError) as caught:
            load_knowledge(folder)
        return caught.value.problems

    return problems


@pytest.fixture
def problems_after(
    folder: Path, problems: Callable[[], tuple[str, ...]]
) -> Callable[[str, Callable[[Any], object]], tuple[str, ...]]:
    """Changes the data of one YAML file of `folder`, then gives the problems."""

    def problems_after(name: str, change: Callable[[Any], object]) -> tuple[str, ...]:
        data = deepcopy(parsed((folder / name).read_text("utf-8")))
        change(data)
        # JSON is YAML, and quicker to write and read back.
        (folder / name).write_text(json.dumps(data, default=str), "utf-8")
        return problems()

    return problems_after


@cache
def parsed(text: str) -> Any:
    return yaml.safe_load(text)
