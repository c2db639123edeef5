"""`make evaluate`: messages through the real engine, either a file of yours or the labelled sets."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from evaluation.report import write_report
from evaluation.runner import MessagesError, read_messages, run, write_lines
from scripts.stack import StackError


def main() -> int:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(prog="make evaluate", description=__doc__)
    parser.add_argument("--messages", type=Path, help="a CSV file with the columns id and text")
    parser.add_argument("--out", type=Path, help="where to write one JSON object a line")
    parser.add_argument("--channel", choices=("web", "sms"), default="web")
    parser.add_argument("--report", choices=("test", "validation"), help="run the labelled sets")
    options = parser.parse_args()
    try:
        if options.report:
            print(asyncio.run(write_report(options.report)))
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
