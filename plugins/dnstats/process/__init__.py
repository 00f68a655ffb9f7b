"""Answers -> SiteRun. Reads what was archived, judges nothing, cannot reach the network."""
