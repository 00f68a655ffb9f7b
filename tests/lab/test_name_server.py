"""The NS set of a server that differs; the other behaviours are tested through `answering`."""

from __future__ import annotations

import pytest
from dnstats.lab.labels import wire
from dnstats.lab.name_server import other_ns
from dnstats.lab.providers import DNS_PROVIDERS

from tests.lab.worlds import SEED, names


@pytest.mark.parametrize("host", [provider.groups[0][0] for provider in DNS_PROVIDERS])
def test_the_other_ns_set_is_never_the_delegated_one(host) -> None:
    for name in names(60):
        for hosts in ((wire("ns.example"), wire(host)), (wire(host),), (wire(host), wire("a.b"))):
            assert set(other_ns(SEED, name, hosts)) != set(hosts)
            assert other_ns(SEED, name, hosts)
