"""`python -m knowledge [FOLDER]`: check the knowledge files; exit 1 with every problem found."""

import sys
from collections import Counter
from pathlib import Path

from knowledge.loader import KnowledgeError, load_knowledge


def main(arguments: list[str]) -> int:
    if len(arguments) > 1:
        print("usage: python -m knowledge [FOLDER]", file=sys.stderr)
        return 2
    try:
        knowledge = load_knowledge(Path(arguments[0]) if arguments else None)
    except KnowledgeError as error:
        print(error, file=sys.stderr)
        return 1
    status = Counter(entry.status for entry in knowledge.entries.values())
    print(
        f"Knowledge is valid: {len(knowledge.entries)} answers "
        f"({status['approved']} approved, {status['draft']} drafts), "
        f"safety wording for {len(knowledge.safety.tiers)} tiers "
        f"and {len(knowledge.safety.flags)} flags."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
