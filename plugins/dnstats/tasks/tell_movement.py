"""What two versions of the rules disagree about, as lines for a log and as a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from dnstats.db.movement import Movement

MOST_RULES = 15  # told in lines; the file has all


def write_movement(moved: Movement, folder: Path) -> Path:
    """All of it as JSON, replaced in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"run-{moved.run_id}-rules-{moved.before}-to-{moved.after}.json"
    draft = path.with_suffix(".part")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(moved), indent=1) + b"\n")
    draft.replace(path)
    return path


def tell_movement(moved: Movement) -> Iterable[str]:
    """The same as lines to read, the commonest first."""
    yield (
        f"run {moved.run_id}, rules version {moved.before} -> {moved.after}: "
        f"{moved.moved:,} of {moved.sites:,} sites have another grade"
    )
    if not moved.moved:
        return
    yield f"{'family':<10}{'up':>9}{'down':>9}{'new':>9}{'gone':>9}{'mean before':>14}{'after':>8}"
    for one in moved.families:
        yield (
            f"{one.family:<10}{one.up:>9,}{one.down:>9,}{one.gained:>9,}{one.lost:>9,}"
            f"{_mean(one.mean_before):>14}{_mean(one.mean_after):>8}"
        )
    if moved.letters:
        yield "overall letters: " + ", ".join(
            f"{one.before or 'none'} -> {one.after or 'none'} {one.sites:,}"
            for one in moved.letters
        )
    if moved.rules:
        yield f"{'rule':<12}{'found now':>10}{'no more':>10}{'repriced':>10}{'points lost':>13}"
    for rule in moved.rules[:MOST_RULES]:
        yield (
            f"{rule.code:<12}{rule.added:>10,}{rule.gone:>10,}{rule.repriced:>10,}"
            f"{rule.points:>+13,}"
        )
    if len(moved.rules) > MOST_RULES:
        yield f"and {len(moved.rules) - MOST_RULES} rules more"


def _mean(mean: float | None) -> str:
    return "-" if mean is None else f"{mean:.1f}"
