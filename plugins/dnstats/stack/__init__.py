"""The local stack: PostgreSQL, Airflow and the lab on this machine, started, watched, stopped.

What `make run`, `make up`, `make down` and `make status` call. It starts programs and talks to
them over 127.0.0.1; it must not scan, read or grade anything itself, and never import airflow.
"""
