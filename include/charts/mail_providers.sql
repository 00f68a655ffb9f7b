-- title: Mail providers
-- question: Who runs the mail hosts of the sites?
-- kind: bars
-- section: Providers
-- order: 31
SELECT CASE WHEN status = 'nxdomain' THEN 'does not apply'
            WHEN mail_provider = 'not_measured' THEN 'not measured'
            WHEN mail_provider = 'none' THEN 'takes no mail'
            WHEN mail_provider = 'unknown' THEN 'not recognised'
            ELSE mail_provider END AS label,
       count(*) AS value
  FROM site_facts
 GROUP BY label
 ORDER BY value DESC, label
