-- title: DMARC policy for subdomains
-- question: And with mail from their subdomains (sp, else p)?
-- kind: share
-- section: Policies
-- order: 22
SELECT label, count(*) AS value
  FROM (SELECT CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT readings ? 'dmarc' OR readings#>>'{dmarc,is}' = 'notmeasured' THEN 'not measured'
                   WHEN readings->'dmarc' = 'null' OR readings#>>'{dmarc,found_at}' = '' THEN 'no DMARC record'
                   WHEN readings#>>'{dmarc,subdomain_policy}' IN ('reject', 'quarantine', 'none')
                        THEN 'sp=' || (readings#>>'{dmarc,subdomain_policy}')
                   ELSE 'no valid policy' END AS label
          FROM site_runs
         WHERE run_id = :run_id) AS sites
 GROUP BY label
 ORDER BY array_position(ARRAY['sp=reject', 'sp=quarantine', 'sp=none', 'no valid policy',
                               'no DMARC record'], label)
