"""What Datasette loads: by entry point where consentwire is installed, by ``--plugins-dir`` from a checkout.

Installed, this module is the plugin: Datasette finds its hooks here, and the folders ``templates`` and ``static`` beside
it. From ``--plugins-dir`` it is executed under its file's name and outside of its package. It then only sees to it that
the real module is imported and registered, once, so that both ways together still answer once.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

if __name__ == "datasette_plugins.pages":
    from datasette_plugins.plugin.hooks import (
        asgi_wrapper,
        extra_css_urls,
        forbidden,
        get_metadata,
        handle_exception,
        prepare_jinja2_environment,
        register_routes,
        render_cell,
        startup,
    )

    __all__ = [
        "asgi_wrapper",
        "extra_css_urls",
        "forbidden",
        "get_metadata",
        "handle_exception",
        "prepare_jinja2_environment",
        "register_routes",
        "render_cell",
        "startup",
    ]
else:
    if find_spec("datasette_plugins") is None:
        sys.path.append(str(Path(__file__).resolve().parents[1]))
    from datasette.plugins import pm

    _plugin = import_module("datasette_plugins.pages")
    if not pm.is_registered(_plugin):
        pm.register(_plugin, "consentwire_pages")
