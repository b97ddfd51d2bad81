"""One module a page: reads, draws and words what the template shows, and the same as JSON."""
