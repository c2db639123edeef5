"""What the clinic publishes and has approved to say, and the loader that refuses anything else."""

from knowledge.loader import KnowledgeError, load_knowledge
from knowledge.model import Clinic, Detail, Entry, Knowledge, Safety, Source, Wording
from knowledge.topics import TOPICS

__all__ = [
    "TOPICS",
    "Clinic",
    "Detail",
    "Entry",
    "Knowledge",
    "KnowledgeError",
    "Safety",
    "Source",
    "Wording",
    "load_knowledge",
]
