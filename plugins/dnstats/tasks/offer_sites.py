"""Says which list a scan takes now. That of yesterday is better than no scan today."""

from __future__ import annotations

import logging

import sqlalchemy as sa

from dnstats.lists.standing import standing_list

log = logging.getLogger(__name__)


def offer_sites(database: sa.Engine) -> int | None:
    """The id of the list that stands, whether or not today's came; None when none ever did."""
    with database.connect() as connection:
        standing = standing_list(connection)
    if standing is None:
        log.warning("no list was ever taken: runs use the bundled one")
        return None
    log.info("runs use %s, taken at %s", standing.name, standing.taken_at)
    return standing.id
