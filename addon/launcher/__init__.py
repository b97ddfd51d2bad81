"""What a live capture is made of around the addon: the proxy's process, Datasette beside it, a browser or a phone, keys, and
the doctor, which reports what would keep them from working."""
