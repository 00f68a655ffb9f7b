-- title: DNS providers
-- question: Who runs the name servers of the sites?
-- kind: bars
-- section: Providers
-- order: 30
SELECT CASE WHEN status = 'nxdomain' THEN 'does not apply'
            WHEN dns_provider = 'not_measured' THEN 'not measured'
            WHEN dns_provider = 'none' THEN 'does not apply'
            WHEN dns_provider = 'unknown' THEN 'not recognised'
            ELSE dns_provider END AS label,
       count(*) AS value
  FROM site_facts
 GROUP BY label
 ORDER BY value DESC, label
