"""A mail server that keeps what it gets: `python -m rehearsal.mail_catcher FOLDER`, port 1025."""

from __future__ import annotations

import itertools
import smtplib
import sys
import time
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

PORT = 1025


class Keeper:
    """aiosmtpd's handler: one file a mail."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.numbers = folder, itertools.count(1)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep the mail, whole."""
        (self.folder / f"{next(self.numbers):03d}.eml").write_bytes(envelope.content)
        return "250 kept"


def main(arguments: list[str]) -> None:
    """Serve until killed, or say by exit status whether one serves."""
    if arguments == ["--is-up"]:
        with smtplib.SMTP("mail-catcher", PORT, timeout=5) as client:
            client.noop()
        return
    folder = Path(arguments[0])
    Controller(Keeper(folder), hostname="0.0.0.0", port=PORT).start()  # noqa: S104  (own network)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main(sys.argv[1:])
