"""`make bench`: our front desk beside stock Rasa, on the same training data and machine, in one table."""

from __future__ import annotations

import argparse
import signal
import sys

from benchmarks import chart, environments, load_tests, reading, startup, store, training, turns, web
from benchmarks.report import write_section
from benchmarks.results import FULL, QUICK, forget, table

PARTS = {
    "train": training.measure,
    "start": startup.measure,
    "read": reading.measure,
    "turns": turns.measure,
    "store": store.measure,
    "web": web.measure,
    "load": load_tests.measure,
    "size": environments.measure,
}
MARK = "bench"
CHART = "![Turn time over the length of the conversation](turn-time.svg)"


def main() -> None:
    """Measure the parts that were named, or all; print the table of all that is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all if none is named"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, to see it work; no result")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    # Ends what was started, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sizes = QUICK if arguments.quick else FULL
    if not arguments.parts:
        forget(sizes)
    for name in arguments.parts or PARTS:
        print(f"-- {name}", flush=True)
        PARTS[name](sizes)
    text = table(sizes)
    print(f"\n{text}")
    if not arguments.quick:
        write_section(MARK, f"{text}\n\n{CHART}" if chart.PICTURE.exists() else text)


if __name__ == "__main__":
    main()
