-- title: SPF policy
-- question: What does the SPF record say in the end about senders that it does not name?
-- kind: share
-- section: Policies
-- order: 20
-- note: The last word after redirects. A permanent error makes receivers ignore the record.
SELECT label, count(*) AS value
  FROM (SELECT CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT readings ? 'spf' OR readings#>>'{spf,is}' = 'notmeasured' THEN 'not measured'
                   WHEN readings->'spf' = 'null' THEN 'no SPF record'
                   WHEN readings#>>'{spf,verdict}' = 'permerror' THEN 'permanent error'
                   WHEN readings#>>'{spf,policy}' = '-' THEN '-all (fail)'
                   WHEN readings#>>'{spf,policy}' = '~' THEN '~all (softfail)'
                   WHEN readings#>>'{spf,policy}' = '?' THEN '?all (neutral)'
                   WHEN readings#>>'{spf,policy}' = '+' THEN '+all (pass)'
                   ELSE 'not measured' END AS label
          FROM site_runs
         WHERE run_id = :run_id) AS sites
 GROUP BY label
 ORDER BY array_position(ARRAY['-all (fail)', '~all (softfail)', '?all (neutral)', '+all (pass)',
                               'permanent error', 'no SPF record'], label)
