"""The addresses of the site itself and of its www name. Judges nothing."""

from __future__ import annotations

from dnstats.answer import Question
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.host import Host, host_questions, read_host
from dnstats.records.record import Look, NotMeasured, Reading, Record, Site


class Address(Reading, frozen=True):
    """Where the site and its www name are."""

    apex: Host
    www: Host
    exists: bool  # False: the resolver said NXDOMAIN for the site's own name


def questions(site: Site) -> tuple[Question, ...]:
    """A and AAAA of the site and of www."""
    return host_questions(site.domain) + host_questions(f"www.{site.domain}")


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """None when neither the site nor www has an address."""
    apex, www = read_host(site.domain, look), read_host(f"www.{site.domain}", look)
    if isinstance(apex.v4, NotMeasured) and isinstance(apex.v6, NotMeasured):
        return apex.v4
    if apex.is_without_address and www.is_without_address and apex.exists:
        return None
    return Address(apex, www, apex.exists)


RECORD = Record("address", "Addresses (A, AAAA)", Address, questions, read)
