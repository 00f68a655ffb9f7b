-- title: Mail
-- question: Do sites take mail?
-- kind: share
-- section: Mail hosts
-- order: 24
-- note: A null MX says that a domain takes no mail (RFC 7505).
SELECT mail AS label, count(*) AS value
  FROM site_facts
 GROUP BY mail
 ORDER BY array_position(ARRAY['takes mail', 'null MX: takes no mail', 'no MX record'], mail)
