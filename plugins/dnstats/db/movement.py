"""What moved in a run between two versions of the rules: grades, letters, remarks. Only counts."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from dnstats.db.models import Grade


class FamilyMovement(msgspec.Struct, frozen=True):
    """One family's grades, version before against version after; counts are sites."""

    family: str
    up: int
    down: int
    gained: int  # a grade where there was none
    lost: int  # no grade where there was one
    same: int
    mean_before: float | None
    mean_after: float | None


class LetterMovement(msgspec.Struct, frozen=True):
    """Sites whose overall letter changed; None: no overall grade."""

    before: str | None
    after: str | None
    sites: int


class RuleMovement(msgspec.Struct, frozen=True):
    """One rule's remarks; counts are sites."""

    code: str
    added: int
    gone: int
    repriced: int  # found before and after, at another number of points
    points: int  # lost after minus lost before, over all sites


class Movement(msgspec.Struct, frozen=True):
    """Everything that two versions of the rules disagree about in one run."""

    run_id: int
    before: int
    after: int
    sites: int  # graded by both
    moved: int  # sites with another grade in any family
    families: tuple[FamilyMovement, ...]
    letters: tuple[LetterMovement, ...]
    rules: tuple[RuleMovement, ...]


Ranks = tuple[int, int]
"""First and last rank that is looked at."""

_GRADES = """
    WITH before AS (SELECT * FROM grades WHERE run_id = :run_id AND rules_version = :before
                       AND rank BETWEEN :first AND :last),
         after AS (SELECT * FROM grades WHERE run_id = :run_id AND rules_version = :after
                      AND rank BETWEEN :first AND :last)
"""
_REMARKS = """
    WITH before AS (SELECT * FROM remarks WHERE run_id = :run_id AND rules_version = :before
                       AND rank BETWEEN :first AND :last),
         after AS (SELECT * FROM remarks WHERE run_id = :run_id AND rules_version = :after
                      AND rank BETWEEN :first AND :last)
"""
_FAMILIES = """
    SELECT family,
           count(*) FILTER (WHERE after.grade > before.grade),
           count(*) FILTER (WHERE after.grade < before.grade),
           count(*) FILTER (WHERE before.grade IS NULL AND after.grade IS NOT NULL),
           count(*) FILTER (WHERE before.grade IS NOT NULL AND after.grade IS NULL),
           count(*) FILTER (WHERE after.grade IS NOT DISTINCT FROM before.grade),
           round(avg(before.grade), 1)::float8, round(avg(after.grade), 1)::float8
      FROM before FULL JOIN after USING (rank, family)
     WHERE rank IN (SELECT rank FROM before WHERE family = 'overall'
                 INTERSECT SELECT rank FROM after WHERE family = 'overall')
     GROUP BY family ORDER BY family <> 'overall', family
"""
_SITES = """
    SELECT count(*) FILTER (WHERE had AND has), count(*) FILTER (WHERE had AND has AND moved)
      FROM (SELECT rank, bool_or(before.family = 'overall') AS had,
                   bool_or(after.family = 'overall') AS has,
                   bool_or(before.grade IS DISTINCT FROM after.grade) AS moved
              FROM before FULL JOIN after USING (rank, family) GROUP BY rank) AS sites
"""
_LETTERS = """
    SELECT before.letter, after.letter, count(*) FROM before JOIN after USING (rank, family)
     WHERE family = 'overall' AND before.letter IS DISTINCT FROM after.letter
     GROUP BY before.letter, after.letter ORDER BY count(*) DESC, before.letter, after.letter
"""
_RULES = """
    SELECT code, count(*) FILTER (WHERE before.points IS NULL),
           count(*) FILTER (WHERE after.points IS NULL),
           count(*) FILTER (WHERE before.points <> after.points),
           sum(coalesce(after.points, 0) - coalesce(before.points, 0))
      FROM before FULL JOIN after USING (rank, code)
     WHERE before.points IS DISTINCT FROM after.points
     GROUP BY code ORDER BY abs(sum(coalesce(after.points, 0) - coalesce(before.points, 0))) DESC,
           count(*) DESC, code
"""

EVERY_RANK: Ranks = (0, 2**31 - 1)


def movement(
    connection: sa.Connection, run_id: int, before: int, after: int, ranks: Ranks = EVERY_RANK
) -> Movement:
    """Compare two versions of the rules that the run was graded with, over some ranks."""
    asked = {
        "run_id": run_id, "before": before, "after": after, "first": ranks[0], "last": ranks[1],
    }  # fmt: skip

    def rows(versions: str, query: str) -> list[Any]:
        return [tuple(row) for row in connection.execute(sa.text(f"{versions} {query}"), asked)]

    sites, moved = rows(_GRADES, _SITES)[0]
    return Movement(
        run_id,
        before,
        after,
        sites,
        moved,
        tuple(FamilyMovement(*row) for row in rows(_GRADES, _FAMILIES)),
        tuple(LetterMovement(*row) for row in rows(_GRADES, _LETTERS)),
        tuple(RuleMovement(*row) for row in rows(_REMARKS, _RULES)),
    )


def version_before(
    connection: sa.Connection, run_id: int, version: int, ranks: Ranks = EVERY_RANK
) -> int | None:
    """The newest older version of the rules that these ranks have grades of."""
    return connection.scalar(
        sa.select(Grade.rules_version)
        .where(
            Grade.run_id == run_id,
            Grade.rules_version < version,
            Grade.rank.between(*ranks),
            Grade.family == "overall",
        )
        .order_by(Grade.rules_version.desc())
        .limit(1)
    )
