"""PostgreSQL: the tables, how rows get in and out. Knows nothing of DNS."""
