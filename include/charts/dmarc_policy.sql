-- title: DMARC policy
-- question: What do sites ask receivers to do with mail that fails DMARC?
-- kind: share
-- section: Policies
-- order: 21
SELECT label, count(*) AS value
  FROM (SELECT CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT readings ? 'dmarc' OR readings#>>'{dmarc,is}' = 'notmeasured' THEN 'not measured'
                   WHEN readings->'dmarc' = 'null' OR readings#>>'{dmarc,found_at}' = '' THEN 'no DMARC record'
                   WHEN readings#>>'{dmarc,policy}' IN ('reject', 'quarantine', 'none')
                        THEN 'p=' || (readings#>>'{dmarc,policy}')
                   ELSE 'no valid policy' END AS label
          FROM site_runs
         WHERE run_id = :run_id) AS sites
 GROUP BY label
 ORDER BY array_position(ARRAY['p=reject', 'p=quarantine', 'p=none', 'no valid policy',
                               'no DMARC record'], label)
