"""The practice internet: made-up zones with known answers, served on loopback.

It imports nothing else of DNStats and knows nothing of how DNStats scans, reads or grades.
"""
