"""`make bench-scale`: the graph on a PostgreSQL server and on engines: rates, workers, a backlog, the store's load."""
