-- title: BIMI
-- question: Do sites show a logo beside their mail?
-- kind: share
-- section: Mail policies
-- order: 23
SELECT bimi_state AS label, count(*) AS value
  FROM site_facts
 GROUP BY bimi_state
 ORDER BY array_position(ARRAY['logo with a certificate', 'logo alone', 'cannot be used',
                               'takes no part, on purpose', 'no BIMI record'], bimi_state)
