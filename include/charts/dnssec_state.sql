-- title: DNSSEC state
-- question: What does a validating resolver make of the zones?
-- kind: share
-- section: Policies
-- order: 24
-- note: Bogus zones are out of reach for everybody behind a validating resolver.
SELECT label, count(*) AS value
  FROM (SELECT CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT readings ? 'dnssec' OR readings#>>'{dnssec,is}' = 'notmeasured' THEN 'not measured'
                   WHEN readings->'dnssec' = 'null' THEN 'does not apply'
                   WHEN readings#>>'{dnssec,state}' = 'secure' THEN 'secure'
                   WHEN readings#>>'{dnssec,state}' = 'bogus' THEN 'bogus'
                   WHEN readings#>>'{dnssec,state}' = 'indeterminate' THEN 'signed, nobody validated'
                   ELSE 'not signed' END AS label
          FROM site_runs
         WHERE run_id = :run_id) AS sites
 GROUP BY label
 ORDER BY array_position(ARRAY['secure', 'signed, nobody validated', 'bogus', 'not signed'], label)
