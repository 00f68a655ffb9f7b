"""Our SPF parser and the grammar of RFC 7208 agree on real strings with slips put into them."""

from __future__ import annotations

import gzip
import json
import random

from dnstats.records.spf_record import is_spf, parse

from tests.records.spf_grammar import ruling
from tests.records.test_spf_record import LABELLED

SLIPS = 4000
PIECES = (
    *" :/=.-+~?%{}_;,\"'\\()@abcxyz0129ASP\t\n\u00a0é", " all", " ip4:", " ip6:", "include:",
    " a:", " mx ", " ptr", " exists:%{i}.x.y", " redirect=a.b", " exp=a.b", "/24", "//64", "/33",
    "//129", "/", "%{d}", "%{d0}", "%{D2r.-}", "%%", "..", ".com.", "192.0.2.1", "2001:db8::1",
    "::", " v=spf1", " -all", ".at-all", "ip4:ip4:",
)  # fmt: skip


def ours(text: str) -> str:
    if not is_spf(text.encode()):
        return "none"
    return "permerror" if parse(text).faults else "valid"


def real_strings() -> list[str]:
    lines = gzip.decompress(LABELLED.read_bytes()).splitlines()
    return [json.loads(line)["record"] for line in lines]


def slip(text: str, chance: random.Random) -> str:
    """A character or a piece put in, exchanged or lost, as fingers do it."""
    place = chance.randrange(len(text) + 1)
    until = place + chance.choice((0, 0, 0, 1, 1, chance.randrange(12)))
    piece = chance.choice(PIECES) if chance.random() < 0.7 else ""
    return text[:place] + piece + text[until:]


def test_the_grammar_rules_on_real_strings_as_their_labels_do() -> None:
    lines = gzip.decompress(LABELLED.read_bytes()).splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row for row in rows if ruling(row["record"]) != row["ruling"]] == []


def test_strings_with_slips() -> None:
    chance = random.Random(7208)
    texts = [text for text in real_strings() if len(text) < 300]
    seen: dict[str, int] = {}
    wrong = []
    for _ in range(SLIPS):
        text = slip(chance.choice(texts), chance)
        while chance.random() < 0.3:
            text = slip(text, chance)
        seen[ruling(text)] = seen.get(ruling(text), 0) + 1
        if ours(text) != ruling(text):
            wrong.append((text, ruling(text)))
    assert wrong == []
    assert min(seen.values()) > 50
