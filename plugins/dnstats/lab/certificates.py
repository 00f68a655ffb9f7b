"""Who may issue certificates for a site: its CAA set.

Seeded choices only: 5 % of organisations publish one; sets and tags as often as seen on company
domains in 2026 (RFC 8659, RFC 8657, RFC 9495), a few that are wrong.
"""

from __future__ import annotations

from dnstats.lab.catalogue import caa_rows
from dnstats.lab.chance import Chance

CAS = {
    "letsencrypt.org": 23, "amazon.com": 13, "digicert.com": 10, "pki.goog": 9, "comodoca.com": 7,
    "sectigo.com": 7, "ssl.com": 6, "globalsign.com": 3, "godaddy.com": 2,
}  # fmt: skip
INVALID_CAA = (
    (0, b"issue", b"letsencrypt.org; =bad"), (0, b"iodef", b"security at site"),
    (0, b"issue wild", b"ca.example"), (0, b"averylongtagname16", b"x"), (0, b"", b"pki.goog"),
    (0, b"issue", b"\"letsencrypt.org\""), (0, b"issue", b"\xff\xfe"), (1, b"issue", b"ssl.com"),
)  # fmt: skip


def caa(seed: int, domain: str, place: str) -> tuple[tuple[int, bytes, bytes], ...]:
    """Return the CAA set that the site's own name publishes; most publish none."""
    chance = Chance(seed, domain)
    if place == "alias" or not chance.below("caa", 0.05 if place == "zone" else 0.02):
        return ()
    if chance.below("invalid caa", 0.04):
        return ((0, b"issue", b"pki.goog"), chance.pick("invalid caa set", INVALID_CAA))
    if chance.below("real caa", 0.1):
        row = chance.pick("real caa set", caa_rows())
        return tuple((flags, tag.encode(), value.encode()) for flags, tag, value in row)
    count = chance.weighted("caa count", {1: 30, 2: 15, 3: 12, 4: 5})
    names = dict.fromkeys(chance.weighted(f"ca {n}", CAS) for n in range(count))
    found = [(0, b"issue", name.encode()) for name in names]
    if chance.below("issuewild", 0.45):
        found += [(0, b"issuewild", name.encode()) for name in names]
    if chance.below("no wild", 0.1):
        found.append((0, b"issuewild", b";"))
    if chance.below("iodef", 0.226):
        found.append((0, b"iodef", f"mailto:security@{domain}".encode()))
    for tag, value, share in ((b"issuemail", b";", 0.02), (b"contactemail", b"ca@x.example", 0.02)):
        if chance.below(tag.decode(), share):
            found.append((0, tag, value))
    if chance.below("caa account", 0.05):
        account = (
            b"letsencrypt.org; accounturi=https://acme.example/acct/1; validationmethods=dns-01"
        )
        found[0] = (128 if chance.below("critical", 0.3) else 0, b"issue", account)
    return tuple(dict.fromkeys(found))
