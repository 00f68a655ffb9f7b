"""One look-up of an SPF evaluation, and what became of it. Values only; judges nothing."""

from __future__ import annotations

from enum import StrEnum

import msgspec

# Limits of RFC 7208 section 4.6.4.
MAX_LOOKUPS = 10  # terms that need look-ups, in all records together
MAX_VOID = 2  # look-ups that find nothing
MAX_EXCHANGES = 10  # mail hosts in one `mx`
MAX_STEPS = 40  # look-ups walked; a record that needs more is "40 or more"


class End(StrEnum):
    """What became of one look-up."""

    FOUND = "found"
    VOID = "void"  # NXDOMAIN or NODATA (section 4.6.4)
    NO_RECORD = "no_record"  # TXT is there, SPF is not: permerror (5.2, 6.1)
    SEVERAL_RECORDS = "several_records"  # permerror
    BAD_RECORD = "bad_record"  # the target breaks the grammar: permerror
    LOOP = "loop"  # the target is being evaluated already: never ends, so permerror
    MANY_EXCHANGES = "many_exchanges"  # an `mx` with more than ten: permerror
    DEPENDS = "depends"  # on the mail that is checked: macros, ptr
    NOT_MEASURED = "not_measured"


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One look-up. The first step is the first of the ten."""

    holder: str  # the domain whose record has the term
    term: str
    end: End
    target: str = ""  # the name looked up; "" when it depends on the mail, or is no name
    depth: int = 0  # 0 in the site's own record
    is_void: bool = False  # counts against the two void look-ups
    policy: str = ""  # of an include or redirect that was found: its own qualifier in the end
    passes_everyone: bool = False  # the target lets every address on the internet pass
    why: str = ""  # the fault of a bad record, or the reason nobody could ask

    @property
    def is_include(self) -> bool:
        return self.term.lstrip("+?~-").startswith("include:")

    @property
    def is_redirect(self) -> bool:
        return self.term.startswith("redirect=")

    @property
    def enters(self) -> bool:
        """Whether another record is evaluated here, with look-ups of its own."""
        return self.is_include or self.is_redirect

    @property
    def is_permerror(self) -> bool:
        """Whether a receiver that comes here answers permerror (sections 4.6.4, 5.2 and 6.1)."""
        return self.end in _PERMERROR or (self.end is End.VOID and self.enters)


_PERMERROR = frozenset(
    {End.NO_RECORD, End.SEVERAL_RECORDS, End.BAD_RECORD, End.LOOP, End.MANY_EXCHANGES}
)
