"""Whether `_msdcs.` exists below the site: a trace of a Microsoft Active Directory in public DNS.

A wildcard answers for any name, so a label that nobody uses is asked too, as a control.
"""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Plan, Question
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.record import Look, Reading, Record, Site, not_measured

CONTROL_LABEL = "dnstats-wildcard-control"


class Msdcs(Reading, frozen=True):
    """`_msdcs.<site>` answers with an SOA. None when a server said that there is none."""

    zone: str  # owner of the SOA that answered
    is_wildcard: bool | None  # the control answered as well: proves nothing; None: not measured
    is_active_directory: bool | None  # a zone of its own, no wildcard; None: not measured


def msdcs_question(domain: str) -> Question:
    """The SOA question of the zone that Active Directory makes."""
    return Question(f"_msdcs.{domain}", wire.SOA)


def control_question(domain: str) -> Question:
    """The SOA question of a label that only a wildcard answers."""
    return Question(f"{CONTROL_LABEL}.{domain}", wire.SOA)


def questions(site: Site) -> Plan:
    """`_msdcs.`, and the control only where that answered."""
    (answer,) = yield (msdcs_question(site.domain),)
    if answer.is_present:
        yield (control_question(site.domain),)


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """What stands at `_msdcs.`; None when a server said: nothing."""
    answer = look(msdcs_question(site.domain))
    if not answer.is_measured:
        return not_measured(answer)
    rrset = answer.rrset()
    if rrset is None:
        return None
    control = look(control_question(site.domain))
    is_wildcard = control.is_present if control.is_measured else None
    return Msdcs(rrset.owner, is_wildcard, None if is_wildcard is None else not is_wildcard)


RECORD = Record("msdcs", "Active Directory in public DNS (_msdcs)", Msdcs, questions, read)
