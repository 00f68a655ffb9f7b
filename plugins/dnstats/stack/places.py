"""Where the local stack keeps what it makes: everything under var/ of the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dnstats import settings


class Places(NamedTuple):
    """Folders and files of one stack; `root` is the checkout, `var` what it makes."""

    root: Path
    var: Path
    dags: Path

    @property
    def lock(self) -> Path:
        """Held (flock) by the process that owns the stack, as long as it lives."""
        return self.var / "lock"

    @property
    def members(self) -> Path:
        """Open in every process of the stack: how leftovers are found."""
        return self.var / "run" / "members"

    @property
    def state(self) -> Path:
        """JSON that the owner writes when the stack is ready."""
        return self.var / "run" / "stack.json"

    @property
    def logs(self) -> Path:
        """One file a program."""
        return self.var / "log"

    @property
    def airflow_home(self) -> Path:
        """AIRFLOW_HOME; task logs are in logs/ there."""
        return self.var / "airflow"

    @property
    def postgres(self) -> Path:
        """The database cluster's folder."""
        return self.var / "postgres"

    @property
    def secrets(self) -> Path:
        """Passwords and keys, 0700."""
        return self.var / "secrets"


def places(dags: str | None = None) -> Places:
    """The places of this checkout; `dags`: another DAGs folder, for trying."""
    found = settings.load()
    return Places(settings.ROOT, found.var, Path(dags) if dags else settings.ROOT / "dags")
