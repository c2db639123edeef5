"""Two Rasa projects on the same training data: a copy of ours, and stock Rasa's."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from benchmarks.places import BENCH
from scripts.stack import ROOT

OURS = BENCH / "frontdesk"
STOCK = BENCH / "stock"
ASSISTANT = (
    *("actions", "data", "engine", "knowledge", "minilm", "red_flags", "scripts"),
    *("config.yml", "credentials.yml", "domain.yml", "endpoints.yml"),
)
# What Rasa writes into a config.yml without pipeline and policies; its place in the package.
DEFAULT_CONFIG = Path("rasa/engine/recipes/config_files/default_config.yml")
# As long as an answer of ours.
REPLY = (
    "Neuromuscular therapy is a manual treatment of muscles: steady pressure on trigger points, which are "
    "tender knots that send pain to other places, lets the muscle loosen and the pain fade. "
    "Would you like to know more about it, or to ask for an appointment?"
)


def build() -> None:
    """Write both projects, without models and caches; BENCH_EXAMPLES keeps so many examples of both."""
    nlu = _examples(yaml.safe_load((ROOT / "data" / "nlu.yml").read_text(encoding="utf-8")))
    for project in (OURS, STOCK):
        shutil.rmtree(project, ignore_errors=True)
        (project / "data").mkdir(parents=True)
    for name in ASSISTANT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, OURS / name, dirs_exist_ok=True)
        else:
            shutil.copy(ROOT / name, OURS / name)
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    # What our actions decide, stock Rasa answers with one response each: it needs no action server, and its
    # turns are faster for it.
    said = [name.replace("action_", "utter_", 1) for name in domain.pop("actions")]
    domain["responses"] |= {name: [{"text": REPLY}] for name in [*said, "utter_default"]}
    _write(STOCK / "domain.yml", domain)
    for name in ("rules.yml", "stories.yml"):
        text = (ROOT / "data" / name).read_text(encoding="utf-8")
        (STOCK / "data" / name).write_text(
            re.sub(r"action: action_", "action: utter_", text), encoding="utf-8"
        )
    [packages] = (BENCH / "stock-venv" / "lib").glob("python3*/site-packages")
    config = yaml.safe_load((packages / DEFAULT_CONFIG).read_text(encoding="utf-8"))
    _write(STOCK / "config.yml", {**config, "assistant_id": "stock"})
    _write(STOCK / "credentials.yml", {"rest": None})
    _write(
        STOCK / "endpoints.yml",
        {"tracker_store": {"type": "SQL", "dialect": "sqlite", "db": "${BENCH_STORE}"}},
    )
    for project in (OURS, STOCK):
        _write(project / "data" / "nlu.yml", nlu)


def change_one_example() -> None:
    """Add a word to the first example of both projects."""
    for project in (OURS, STOCK):
        path = project / "data" / "nlu.yml"
        nlu = yaml.safe_load(path.read_text(encoding="utf-8"))
        first, rest = nlu["nlu"][0]["examples"].split("\n", 1)
        nlu["nlu"][0]["examples"] = f"{first} now\n{rest}"
        _write(path, nlu)


def count() -> int:
    """Examples that both projects train on."""
    nlu = yaml.safe_load((STOCK / "data" / "nlu.yml").read_text(encoding="utf-8"))
    return sum(len(item["examples"].splitlines()) for item in nlu["nlu"])


def _examples(nlu: dict[str, Any]) -> dict[str, Any]:
    """Every n-th example of each intent, so that about BENCH_EXAMPLES are left."""
    items = [(item["intent"], item["examples"].strip().splitlines()) for item in nlu["nlu"]]
    everything = sum(len(examples) for _, examples in items)
    step = max(1, round(everything / int(os.environ.get("BENCH_EXAMPLES") or everything)))
    return {
        "version": "3.1",
        "nlu": [{"intent": intent, "examples": "\n".join(examples[::step])} for intent, examples in items],
    }


def _write(path: Path, data: Any) -> None:
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
