"""Rules about SPF: is there a policy, can receivers use it, and whom does it let pass.

Reads spf, and mx and dmarc where the weight of a fault hangs on them; asks nobody. What breaks the
record for every receiver costs everything; what breaks it for some mail costs less; style is free.
"""
