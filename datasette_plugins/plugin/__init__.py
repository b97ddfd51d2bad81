"""What Datasette sees of us: hooks, routes, the guard, links and cells."""
