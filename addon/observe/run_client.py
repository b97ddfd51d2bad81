"""Speaks with a running capture from another process of this machine, through its proxy."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from addon.observations import HOST

from .keys import HEADER, secret_left


class RunUnanswered(Exception):
    """A running capture gave no answer, or refused; the message says why."""


class RunClient:
    """The backend of the capture whose proxy listens on a port of this machine."""

    def __init__(self, port: int, patience: float) -> None:
        """
        Args:
            patience: seconds to wait for an answer.

        Raises:
            RunUnanswered: if no capture of this person runs there.
        """
        secret = secret_left(port)
        if secret is None:
            raise RunUnanswered(
                f"no capture of yours runs on port {port}; start one with 'consentwire run', or name its port with --port"
            )
        self._port, self._secret, self._patience = port, secret, patience
        self._opener = build_opener(ProxyHandler({"http": f"http://127.0.0.1:{port}"}))

    def answer(self, path: str, body: bytes | None = None) -> Any:
        """Its answer, as JSON.

        Raises:
            RunUnanswered: if it gives none, or refuses.
        """
        request = Request(f"http://{HOST}{path}", body, {HEADER: self._secret, "content-type": "application/json"})
        try:
            with self._opener.open(request, timeout=self._patience) as response:
                return json.load(response)
        except HTTPError as error:
            reason = error.read(500).decode("utf-8", "replace")
            raise RunUnanswered(f"the capture on port {self._port} refused it: {reason}") from error
        except (URLError, OSError, ValueError) as error:
            raise RunUnanswered(
                f"nothing answers on port {self._port} ({error}); is the capture still running?"
            ) from error
