-- title: Name servers
-- question: How many name servers have sites?
-- kind: histogram
-- section: Name servers
-- order: 27
-- note: RFC 1034 section 4.1 asks for two.
SELECT ns_hosts AS label, count(*) AS value
  FROM site_facts
 GROUP BY ns_hosts
 ORDER BY array_position(ARRAY['0', '1', '2', '3', '4', '5–6', '7 or more'], ns_hosts)
