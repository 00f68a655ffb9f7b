"""Rules about name servers and the delegation to them. Reads the ns family only; asks nobody.

A server that stayed silent is reported for nothing (NS010): seen from one place, at one moment, it
proves no fault. What a server said, however, it said: REFUSED and answers without authority count.
"""
