"""A `backfire serve --stdio` process, warm between requests."""

import json
import subprocess
from collections.abc import Sequence

Place = dict[str, str | int]
"""`path`, and `record` where there are records."""


class ChildDied(Exception):
    """The process ended before it had answered."""


class Refused(Exception):
    """The process answered with an error; the message is its own."""


class ServeChild:
    """Starts the process and waits until its model is loaded.

    `command` is how Backfire is called, `options` are those of `serve`, and paths in requests count from `folder`.
    """

    def __init__(self, command: Sequence[str], options: Sequence[str], folder: str):
        self._process = subprocess.Popen(
            [*command, "serve", "--stdio", *options],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._last_id = 0
        self.begun: Place | None = None
        """The text that the process told of last, before it looked at it."""
        try:
            self.info = self.request("info", {})
        except BaseException:
            self.close()
            raise

    @property
    def process_id(self) -> int:
        return self._process.pid

    def request(self, method: str, params: dict) -> dict:
        """Sends one request and waits for its answer, one at a time."""
        self._last_id += 1
        self.begun = None
        try:
            self._process.stdin.write(json.dumps({"id": self._last_id, "method": method, "params": params}) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise ChildDied(self._how_it_ended()) from error
        for line in self._process.stdout:
            # A torn line is the last word of a process that died.
            if not line.endswith("\n"):
                break
            answer = json.loads(line)
            if answer.get("id") != self._last_id:
                continue
            if "begun" in answer:
                self.begun = answer["begun"]
            elif "error" in answer:
                raise Refused(answer["error"]["message"])
            else:
                return answer["result"]
        raise ChildDied(self._how_it_ended())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def _how_it_ended(self) -> str:
        code = self._process.wait()
        return f"signal {-code}" if code < 0 else f"exit code {code}"
