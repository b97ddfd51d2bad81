"""What a live capture is made of around the addon: the proxy's process, Datasette beside it, a browser or a phone, keys, and the
doctor who says what would keep them from working."""
