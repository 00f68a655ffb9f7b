"""The practice internet: made-up zones with known answers, served on loopback.

It imports nothing else of DNStats and knows nothing of how DNStats scans, reads or grades.

chance, labels, rdata      seeded choices; names; records in wire form
catalogue, providers       real records; hosts that many sites share
delegation, mailing,       what a site chooses: zone, servers, DNSSEC; MX, SPF;
policies, certificates     DMARC, BIMI, MTA-STS, TLS-RPT, other TXT; CAA
truth, world               `truth(seed, domain) -> Truth`: the known answer of a site
zones, signing, lookup     records of a site; signatures; the whole name space (`World`)
message, proof             queries and responses in wire form; what DNSSEC adds
name_server, answering     `Answerer(world).answer(address, query)`: bytes in, bytes out
loss, serve, __main__      dropping on purpose; sockets; `python -m dnstats.lab`
"""
