"""A patient as Locust plays one: sends each message to every target in turn; run by `benchmarks.load`."""

from __future__ import annotations

import csv
import itertools
import json
import os
import time
import uuid
from pathlib import Path
from typing import Any

from locust import FastHttpUser, events, task

from benchmarks.load.targets import MESSAGES, Target, answer, message, path

PLAN = json.loads(os.environ["BENCH_PLAN"])
TARGETS = [Target(**target) for target in PLAN["targets"]]
# Its multiples, modulo 1, lie evenly however many are taken.
GOLDEN = 0.6180339887
numbers = itertools.count()


@events.init.add_listener
def write_samples(environment: Any, **_: Any) -> None:
    """Write a row for each request to the plan's file."""
    file = Path(PLAN["samples"]).open("w", encoding="utf-8", newline="")  # noqa: SIM115 (open until the end)
    writer = csv.writer(file)

    @environment.events.request.add_listener
    def write(context: dict[str, Any], response_time: float, exception: Exception | None, **_: Any) -> None:
        sample = context["sample"]
        writer.writerow((*sample["of"], response_time, "" if exception else sample["answer"]))

    @environment.events.quit.add_listener
    def close(**_: Any) -> None:
        file.close()


class Patient(FastHttpUser):
    """Holds one conversation after the other with every target."""

    host = TARGETS[0].url
    network_timeout = connection_timeout = 60.0

    def on_start(self) -> None:
        """Begin at a moment of one's own within the period."""
        self.conversations = 0
        time.sleep(next(numbers) * GOLDEN % 1 * PLAN["period"])
        self.due = time.time()
        self._begin()

    def wait_time(self) -> float:
        """Until a period after the last message was due, or no time if its answer took longer.

        Locust's own pacing counts from before `on_start`, so that all patients would write at once.
        """
        self.due = max(self.due + PLAN["period"], time.time())
        return max(0.0, self.due - time.time())

    @task
    def say(self) -> None:
        """Send the next message; after a conversation's last, begin another one."""
        if self.turn == PLAN["turns"]:
            self.conversations += 1
            if self.conversations == PLAN["conversations"]:
                self.environment.runner.quit()
            self._begin()
        self.turn += 1
        # In changing order, so that what a target does after its answer burdens each of them alike.
        for target in TARGETS if self.turn % 2 else reversed(TARGETS):
            self._post(
                target, path(target.kind), message(target.kind, self.id, MESSAGES[self.turn % len(MESSAGES)])
            )

    def _begin(self) -> None:
        self.id, self.turn = str(uuid.uuid4()), 0
        self.tokens = {target.name: target.secret for target in TARGETS}
        for target in TARGETS:
            if target.kind == "desk":
                begun = self._post(target, "/api/chat/sessions", {})
                self.tokens[target.name] = begun["token"] if begun else ""

    def _post(self, target: Target, where: str, body: dict[str, Any]) -> Any:
        """The answer as data, None without one."""
        token = self.tokens[target.name]
        sample = {"of": (target.name, self.id, self.turn, time.time()), "answer": "begun"}
        with self.client.post(
            target.url + where,
            json=body,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            name=target.name if self.turn else "begin",
            # Locust copies the context, not what is in it.
            context={"sample": sample},
            catch_response=True,
        ) as response:
            if not response.ok:
                response.failure(f"HTTP {response.status_code}")
                return None
            data = response.json()
            if self.turn:
                sample["answer"] = answer(target.kind, data)
            if not sample["answer"]:
                response.failure("no reply")
            return data
