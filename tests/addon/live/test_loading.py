"""Loaded by mitmproxy itself."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.addon.readers.samples import track
from tests.addon.store.rows_made import query


class Origin(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_mitmdump_loads_the_addon_from_its_path(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = subprocess.run([sys.executable, "-m", "addon.cli", "addon-path"], capture_output=True, text=True, check=True)
    options = [f"confdir={tmp_path / 'conf'}", f"consentwire_db={tmp_path / 'a.db'}"]
    command = [sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()", "-s", path.stdout.strip()]
    command += ["--listen-host", "127.0.0.1", "-p", str(port), *(part for each in options for part in ("--set", each))]
    origin = ThreadingHTTPServer(("127.0.0.1", 0), Origin)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=os.environ | {"PYTHONUNBUFFERED": "1"}
        )
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if process.poll() is not None or probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                threading.Event().wait(0.05)
            proxied = urllib.request.build_opener(urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{port}"}))
            url, headers = f"http://127.0.0.1:{origin.server_port}/v1/t", {"referer": "https://shop.example/"}
            request = urllib.request.Request(url, json.dumps(track()).encode(), headers)
            assert proxied.open(request, timeout=20).status == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
            process.wait()
            origin.shutdown()
            origin.server_close()
        log.seek(0)
        assert "Traceback" not in log.read()
    assert query(tmp_path / "a.db", "SELECT name FROM events") == [("Order Completed",)]
    assert query(tmp_path / "a.db", "SELECT count(*) FROM captures WHERE ended_at IS NOT NULL") == [(1,)]
