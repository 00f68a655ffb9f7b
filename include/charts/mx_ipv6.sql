-- title: Mail over IPv6
-- question: Can mail hosts be reached over IPv6?
-- kind: share
-- section: Mail hosts
-- order: 26
-- note: At least one mail host with an IPv6 address.
SELECT mx_ipv6 AS label, count(*) AS value
  FROM site_facts
 GROUP BY mx_ipv6
 ORDER BY array_position(ARRAY['over IPv6 too', 'over IPv4 only'], mx_ipv6)
