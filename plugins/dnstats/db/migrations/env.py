"""Alembic's entry: always an open connection handed over by `dnstats.db.migrate`."""

import re
from typing import Any

from alembic import context
from dnstats.db.models import Base

_PARTITION = re.compile(r"_p\d+$")


def _is_ours(_object: Any, name: str | None, type_: str, _reflected: bool, _compared: Any) -> bool:
    return not (type_ == "table" and name and _PARTITION.search(name))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    include_object=_is_ours,
)
with context.begin_transaction():
    context.run_migrations()
