-- title: DNS over IPv6
-- question: Can name servers be reached over IPv6?
-- kind: share
-- section: Name servers
-- order: 27.2
-- note: At least one name server with an IPv6 address.
SELECT ns_ipv6 AS label, count(*) AS value
  FROM site_facts
 GROUP BY ns_ipv6
 ORDER BY array_position(ARRAY['over IPv6 too', 'over IPv4 only'], ns_ipv6)
