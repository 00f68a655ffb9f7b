"""The published page of a run: charts, grades, remarks, and the list of its sites.

Reads the database, never the network, and judges nothing: the texts of rules are given to it.
"""
