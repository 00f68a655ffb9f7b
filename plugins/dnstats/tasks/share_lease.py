"""Keeps a scan's part of the run's rates while it goes on: in a thread, because databases may hang.

Why no server is ever asked faster than published, whatever this thread, its machine or the
database do: the database never gives away more than the whole; a scan uses less before it says so;
it stops by its own clock before the database counts its part as free; and nothing goes out in the
second after it got another part (decision 0009).
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from types import TracebackType

import sqlalchemy as sa

from dnstats.db.shares import WHOLE, Grant, release_share, renew_share
from dnstats.scan.allowance import Allowance, Part
from dnstats.tasks.chunk_name import ChunkName

log = logging.getLogger(__name__)

SECONDS = 20.0  # a part is held for, unless renewed
MARGIN = 2.0  # the scan stops so much earlier than the database counts
RENEW_EVERY = 4.0
APPLY_EVERY = 0.4  # while the part is not what it should be
GIVE_UP = 600.0  # without the database


class ShareLost(Exception):
    """The database could not be asked for so long that the scan ends."""


class ShareLease:
    """`with ShareLease(database, chunk) as allowance:` scan with that allowance."""

    def __init__(self, database: sa.Engine, chunk: ChunkName) -> None:
        self._database = database
        self._chunk = chunk
        self._holder = uuid.uuid4().hex
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="share lease", daemon=True)
        self._renewed_at = time.monotonic()
        self._allowance = Allowance(Part(0.0, 0.0))
        self._grant = Grant(0, 0, is_alone=False)

    def __enter__(self) -> Allowance:
        self._renew()
        self._thread.start()
        return self._allowance

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join(SECONDS)
        try:
            with self._database.begin() as connection:
                release_share(connection, self._holder)
        except sa.exc.SQLAlchemyError as fault:
            log.warning("the rates' part is not given back, it ends by itself: %s", fault)

    def _keep(self) -> None:
        while not self._over.wait(self._pause()):
            try:
                self._renew()
            except sa.exc.SQLAlchemyError as fault:
                silent = time.monotonic() - self._renewed_at
                log.warning("the part of the rates cannot be renewed (%.0f s): %s", silent, fault)
                if silent > GIVE_UP:
                    self._allowance.fault = ShareLost(
                        f"The database could not be asked for {silent:.0f} seconds, and without it "
                        "nobody knows how fast this scan may ask: see to it, then clear this task."
                    )
                    return

    def _pause(self) -> float:
        is_settled = self._allowance.is_adopted and self._grant.part == self._grant.fair
        return RENEW_EVERY if is_settled else APPLY_EVERY

    def _renew(self) -> None:
        asked_at = time.monotonic()
        with self._database.begin() as connection:
            grant = renew_share(
                connection,
                self._holder,
                run_id=self._chunk["run_id"],
                chunk=self._chunk["number"],
                using=round(self._allowance.most * WHOLE),
                seconds=SECONDS,
            )
        if grant.part != self._grant.part:
            log.info("this scan has %d %% of the rates", 100 * grant.part / WHOLE)
        is_first = not self._grant.fair
        self._renewed_at = asked_at
        self._grant = grant
        # Coming down needs nobody's leave: the scan does it first and says so the next time.
        share = min(grant.part, grant.fair) / WHOLE
        self._allowance.offer(Part(share, asked_at + SECONDS - MARGIN, is_first and grant.is_alone))
