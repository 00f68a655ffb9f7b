-- title: DMARC reports
-- question: Do sites with DMARC ask for aggregate reports (rua)?
-- kind: share
-- section: Mail policies
-- order: 22.5
-- note: Of the sites to which a DMARC record applies.
SELECT dmarc_reports AS label, count(*) AS value
  FROM site_facts
 GROUP BY dmarc_reports
 ORDER BY array_position(ARRAY['reports wanted', 'no reports'], dmarc_reports)
