"""A console as it is: it follows the stream, and when that ends it comes back with the last position it has seen."""

import json
import time
from threading import Event, Thread
from typing import Any

import httpx


class Follower(Thread):
    """`told` holds (connection number, event name, position, data) of all that came, over however many connections."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(daemon=True)
        self.told: list[tuple[int, str, int, Any]] = []
        self.board: dict[tuple[str, str], dict[str, Any]] = {}
        self.connections = 0
        self._url, self._token, self._ended = url, token, Event()

    def run(self) -> None:
        position: int | None = None
        while not self._ended.is_set():
            headers = {"Authorization": f"Bearer {self._token}"}
            if position is not None:
                headers["Last-Event-ID"] = str(position)
            try:
                with httpx.stream("GET", self._url, headers=headers, timeout=30) as answer:
                    answer.raise_for_status()
                    self.connections += 1
                    position = self._follow(answer, position)
            except httpx.HTTPError:
                time.sleep(0.05)

    def _follow(self, answer: httpx.Response, position: int | None) -> int | None:
        members: dict[str, str] = {}
        try:
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if line:
                    members[name] = value
                    continue
                if "event" in members:
                    position = int(members.get("id", position or 0))
                    self._take(members["event"], position, json.loads(members["data"]))
                members = {}
        except httpx.HTTPError:
            pass
        return position

    def _take(self, name: str, position: int, data: Any) -> None:
        self.told.append((self.connections, name, position, data))
        if name == "snapshot":
            self.board = {(row["kind"], row["name"]): row for row in data["connections"]}
        if name == "changed":
            self.board |= {(row["kind"], row["name"]): row for row in data["changed"]}

    def end(self) -> None:
        """No more connections after this one."""
        self._ended.set()
