"""Stands where Rasa imports TensorFlow.

Rasa 3.6 imports TensorFlow with its server, for components that this project does not use. Here its
names exist, so that those modules can be imported, and whatever is built on them says so when it is
used. That saves a gigabyte of disk, a quarter of a gigabyte of memory and most of the engine's start
(docs/decisions/0012).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

NAMES = ("tensorflow", "keras")


class _AbsentType(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent


class Absent(metaclass=_AbsentType):
    """Any name of TensorFlow: a class to derive from, an annotation, a decorator that changes nothing."""

    def __new__(cls, *arguments: Any, **options: Any) -> Any:
        if cls is Absent and len(arguments) == 1 and callable(arguments[0]) and not options:
            return arguments[0]
        raise ModuleNotFoundError(
            "TensorFlow is not part of this environment, because no component of Frontdesk uses it. To use "
            "one that does, such as DIETClassifier, install tensorflow-cpu==2.12.0 and remove "
            "without_tensorflow.pth from the environment's site-packages.",
            name="tensorflow",
        )


class _AbsentModule(ModuleType):
    __path__: Sequence[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent


class _Finder(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.split(".")[0] in NAMES:
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _AbsentModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


# Before the finders of files, so that this file and keras.py are read once.
sys.meta_path.insert(0, _Finder())
sys.modules[__name__] = _AbsentModule(__name__)
