-- title: CAA issue records
-- question: How many issue records have sites with CAA?
-- kind: histogram
-- section: Signatures and certificates
-- order: 29.2
SELECT caa_issue_records AS label, count(*) AS value
  FROM site_facts
 GROUP BY caa_issue_records
 ORDER BY array_position(ARRAY['0', '1', '2–5', '6–10', '11 or more'], caa_issue_records)
