-- title: CAA reports
-- question: Do sites with CAA ask for reports of refused requests (iodef)?
-- kind: share
-- section: Signatures and certificates
-- order: 29
-- note: Of the sites with CAA, their own or a parent's.
SELECT caa_reporting AS label, count(*) AS value
  FROM site_facts
 GROUP BY caa_reporting
 ORDER BY array_position(ARRAY['reports wanted', 'no reports'], caa_reporting)
