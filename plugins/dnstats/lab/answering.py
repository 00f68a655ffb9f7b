"""From query bytes and the address asked to response bytes, or None for silence.

Pure but for its cache: no sockets, no clock, no loss (that is `serve`). The role follows from the
address: a resolver, the registry (root and suffixes), a silent server, or a name server.
"""

from __future__ import annotations

from dnstats.lab import message, rdata
from dnstats.lab.labels import split, suffix_exists
from dnstats.lab.lookup import NOTIMP, REFUSED, World
from dnstats.lab.message import AD, CD, RA, Query
from dnstats.lab.name_server import NameServer
from dnstats.lab.proof import proved
from dnstats.lab.providers import REGISTRY, RESOLVERS, SILENT_POOL
from dnstats.lab.world import unanswered_question

CACHE_SIZE = 100_000
TYPE_NAMES = {number: name for name, number in rdata.NUMBERS.items()}


class Answerer:
    """Answers for every address of one World; keeps the responses it has built."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.name_server = NameServer(world)
        self._cache: dict[tuple[object, ...], bytes | None] = {}

    def answer(self, address: str, data: bytes, tcp: bool = False) -> bytes | None:
        """Return the response of the server at `address` to `data`, None when it stays silent."""
        end = data.find(b"\0", 12) + 5
        key = (address, tcp, data[2:12], data[12:end].lower(), data[end:])
        if key in self._cache:
            kept = self._cache[key]
            return kept and data[:2] + kept[2:12] + data[12:end] + kept[end:]
        made, asked_end = self._build(address, data, tcp)
        if asked_end == end:  # the key is exact only for a question that was read to its end
            if len(self._cache) >= CACHE_SIZE:
                self._cache.clear()
            self._cache[key] = made
        return made

    def _build(self, address: str, data: bytes, tcp: bool) -> tuple[bytes | None, int]:
        if len(data) < 12 or data[2] & 0x80 or address in SILENT_POOL:
            return None, 0
        if data[2] & 0x78:
            return message.formerr(data, NOTIMP), 0
        query = message.read(data)
        if query is None:
            return message.formerr(data), 0
        made = self._response(address, data, query, tcp)
        if made is not None and not tcp and len(made) > query.size:
            made = message.truncate(made, query)
        return made, query.end

    def _response(self, address: str, data: bytes, query: Query, tcp: bool) -> bytes | None:
        if query.rdclass != 1 or query.rdtype in (251, 252):
            return message.write(data, query, 0, REFUSED)
        if address in RESOLVERS:
            return self._resolved(data, query)
        if address in REGISTRY:
            return self.name_server.registry(data, query)
        return self.name_server.answer(address, data, query, tcp)

    def _resolved(self, data: bytes, query: Query) -> bytes | None:
        if self.never_answered(query.name, query.rdtype):
            return None
        found = self.world.resolve(query.name, query.rdtype, not query.flags & CD)
        flags = RA | (query.flags & CD)
        if found.secure and (query.dnssec_ok or query.flags & AD) and not query.flags & CD:
            flags |= AD
        sections = proved(self.world.signer, query, found)
        return message.write(data, query, flags, found.rcode, sections, found.ede)

    def never_answered(self, name: str, rdtype: int) -> bool:
        """Say whether a question is one of those that resolvers never answer."""
        organisation, suffix = split(name)
        if not organisation or not suffix_exists(suffix) or rdtype not in TYPE_NAMES:
            return False
        site = self.world.site_of(name, organisation)
        question = unanswered_question(self.world.seed, site)
        if question is None or question != (name, TYPE_NAMES[rdtype]):
            return False
        return self.world.truth(site).fate == "ok"
