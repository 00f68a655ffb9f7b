-- title: CAA for wildcards
-- question: Do sites with CAA rule wildcard certificates apart (issuewild)?
-- kind: share
-- section: Signatures and certificates
-- order: 29.1
-- note: Of the sites with CAA, their own or a parent's.
SELECT caa_wildcard AS label, count(*) AS value
  FROM site_facts
 GROUP BY caa_wildcard
 ORDER BY array_position(ARRAY['rules for wildcards', 'none for wildcards'], caa_wildcard)
