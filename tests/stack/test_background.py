"""Which DAGs a stack with a schedule lets run."""

from __future__ import annotations

from pathlib import Path

from dnstats.stack.background import upkeep
from dnstats.stack.places import places


def test_the_list_is_fetched_where_there_is_a_way_to_it() -> None:
    assert upkeep(places(None), "system") == ["drop_old_runs", "update_sites"]
    assert upkeep(places(None), "lab") == ["drop_old_runs"]


def test_a_folder_of_other_dags_need_not_have_them(tmp_path: Path) -> None:
    assert upkeep(places(str(tmp_path)), "system") == []
