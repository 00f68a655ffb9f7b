"""Mails about runs: written from templates, sent by SMTP or kept as files. Knows no database."""
