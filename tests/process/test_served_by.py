"""Who serves a site: none, unknown, self-hosted and not measured are four different words."""

from __future__ import annotations

import pytest
from dnstats.answer import Reason
from dnstats.grade.zone_examples import ns_of
from dnstats.process.readings import Readings
from dnstats.process.served_by import ServedBy, name_providers
from dnstats.records import mx
from dnstats.records.record import NotMeasured

SILENT = NotMeasured(Reason.TIMEOUT)
NS = ns_of({"ns1.example.com": ("198.41.0.4",)})
MX = mx.parse_example("10 mx.example.com")


@pytest.mark.parametrize(
    ("readings", "dns", "mail", "gateway"),
    [
        ({"ns": NS, "mx": MX}, "self-hosted", "self-hosted", None),
        ({"ns": SILENT, "mx": SILENT}, "not_measured", "not_measured", None),
        ({"ns": None, "mx": None}, "none", "none", None),
        ({"ns": SILENT, "mx": MX}, "not_measured", "self-hosted", None),
        ({"ns": NS, "mx": SILENT}, "self-hosted", "not_measured", None),
        ({"ns": ns_of(), "mx": mx.parse_example("10 mx.example.net")}, "unknown", "unknown", None),
        ({"ns": None, "mx": mx.parse_example("0 .")}, "none", "none", None),
        (
            {"ns": None, "mx": mx.parse_example("10 mx0a.pphosted.com")},
            "none",
            "unknown",
            "Proofpoint",
        ),
    ],
)
def test_words(readings: Readings, dns: str, mail: str, gateway: str | None) -> None:
    assert name_providers("example.com", readings) == ServedBy(dns, mail, gateway)


def test_a_family_that_was_not_read_is_not_measured() -> None:
    assert name_providers("example.com", {}).dns == "not_measured"
    assert name_providers("example.com", {}).mail == "not_measured"
