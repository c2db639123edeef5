"""`make evaluate`: messages through the real engine, either a file of yours or the labelled sets."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from evaluation.report import report
from evaluation.runner import MessagesError, read_messages, run, write_lines
from scripts.stack import StackError

HERE = Path(__file__).parent
REPORT = HERE / "README.md"
MARK = "<!-- report: written by `make evaluate` -->"
SETS = {"test": "Test messages", "validation": "Validation messages"}


def write_report() -> None:
    """Run the labelled sets; print the report and put it under the mark in README.md."""
    sections = []
    for name, title in SETS.items():
        messages = read_messages(HERE / "messages" / f"{name}.csv")
        sections.append(report(title, messages, asyncio.run(run(messages, "web"))))
    text = "\n".join(sections)
    print(text)
    kept = REPORT.read_text(encoding="utf-8").split(MARK)[0]
    REPORT.write_text(f"{kept}{MARK}\n\n{text}", encoding="utf-8")


def main() -> int:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(prog="make evaluate", description=__doc__)
    parser.add_argument("--messages", type=Path, help="a CSV file with the columns id and text")
    parser.add_argument("--out", type=Path, help="where to write one JSON object a line")
    parser.add_argument("--channel", choices=("web", "sms"), default="web")
    parser.add_argument("--report", action="store_true", help="run the labelled sets")
    options = parser.parse_args()
    try:
        if options.report:
            write_report()
        elif options.messages and options.out and str(options.out) != ".":
            messages = read_messages(options.messages)
            write_lines(options.out, asyncio.run(run(messages, options.channel)))
        else:
            parser.error("give MESSAGES=in.csv and OUT=out.jsonl, or neither")
    except (MessagesError, StackError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
