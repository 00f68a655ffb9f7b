-- title: SPF policy
-- question: What does the SPF record say in the end about senders that it does not name?
-- kind: share
-- section: Mail policies
-- order: 20
-- note: The last word after redirects. A permanent error makes receivers ignore the record.
SELECT spf_policy AS label, count(*) AS value
  FROM site_facts
 GROUP BY spf_policy
 ORDER BY array_position(ARRAY['-all (fail)', '~all (softfail)', '?all (neutral)',
                               '+all (pass)', 'permanent error', 'no SPF record'], spf_policy)
