-- title: MX records
-- question: How many MX records have sites that take mail?
-- kind: histogram
-- section: Mail hosts
-- order: 25
SELECT mx_hosts AS label, count(*) AS value
  FROM site_facts
 GROUP BY mx_hosts
 ORDER BY array_position(ARRAY['1', '2', '3', '4', '5 or more'], mx_hosts)
