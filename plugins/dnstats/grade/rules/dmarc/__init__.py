"""Rules about DMARC, by theme: the record, its policy, its reports, its tags."""
