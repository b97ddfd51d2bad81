"""One module a page, and no list of them: each declares itself as ``PAGE`` (see ``datasette_plugins.plugin.page``)."""
