"""The name servers that only the zone above names: which they are, and where. Judges nothing.

Resolvers that come down from above ask them too, so what they say counts; where nobody can tell the
zone's own set they are all there is.
"""

from __future__ import annotations

from dnstats.answer import Answer
from dnstats.records.delegation import Delegation, Source
from dnstats.records.host import Host, read_host
from dnstats.records.ip_address import is_v6
from dnstats.records.name_server import MAX_HOSTS
from dnstats.records.ns_record import name_fault, ns_set
from dnstats.records.record import Look, NotMeasured


def names_others(told: Answer, named: tuple[str, ...]) -> bool:
    """Whether an answer of the zone above hands on to more than those that the zone `named`.

    Hardly any does, and all of a delegation costs ten times as much to read.
    """
    if not told.is_referral:
        return False
    found = ns_set(told.message, told.question.name, is_referral=True)
    return any(name not in named for name in found.names)


def names_only_above(
    above: Delegation | NotMeasured | None, named: tuple[str, ...]
) -> tuple[str, ...]:
    """Names in the delegation that are not among those the zone itself `named`."""
    if not isinstance(above, Delegation) or above.source is not Source.REFERRAL:
        return ()
    more = [name for name in above.names if name not in named and not name_fault(name)]
    return tuple(more[:MAX_HOSTS])


def hosts_only_above(
    above: Delegation | NotMeasured | None, named: tuple[str, ...], look: Look
) -> tuple[Host, ...]:
    """Those hosts, by their glue where nobody could resolve them."""
    glue = {one.name: one.addresses for one in above.glue} if isinstance(above, Delegation) else {}
    hosts = (read_host(name, look) for name in names_only_above(above, named))
    return tuple(_with_glue(host, glue.get(host.name, ())) for host in hosts)


def _with_glue(host: Host, glue: tuple[str, ...]) -> Host:
    if not glue or not (isinstance(host.v4, NotMeasured) and isinstance(host.v6, NotMeasured)):
        return host
    v4 = tuple(one for one in glue if not is_v6(one))
    return Host(host.name, v4, tuple(one for one in glue if is_v6(one)))
