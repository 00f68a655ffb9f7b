"""DNStats: a daily health check of the web's DNS and mail security.

Ask first, judge later: each floor can be rebuilt from the one below without the network.

wire, answer   what came back over the wire, and the outcome of every question
records        one file per record family: what to ask, how to read it
scan           the engine: the only place with sockets to the internet
archive        the Parquet files of answers
process        answers -> one SiteRun per site; providers
grade          SiteRuns -> grades and remarks; rules
db             runs, chunks, site runs, grades, remarks in PostgreSQL
lists          site lists: reading, checking, importing
report, notify pages and mail
tasks          one file per box of the flow; called by dags/
stack          the local machine: PostgreSQL, Airflow, progress (`make run`)
lab            the practice internet
"""
