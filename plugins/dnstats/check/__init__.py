"""`python -m dnstats check`: single domains, asked and judged now, by the code of the daily run.

Nothing is stored. What it prints is what a run would have said of the domain.
"""
