"""A mitmproxy script: every host name leads to the tests' own origin. Names and certificates stay as they are."""

import os


class Redirect:
    def server_connect(self, data):
        data.server.address = ("127.0.0.1", int(os.environ["CONSENTWIRE_TEST_ORIGIN"]))


addons = [Redirect()]
