-- title: DMARC policy
-- question: What do sites ask receivers to do with mail that fails DMARC?
-- kind: share
-- section: Mail policies
-- order: 21
SELECT dmarc_policy AS label, count(*) AS value
  FROM site_facts
 GROUP BY dmarc_policy
 ORDER BY array_position(ARRAY['p=reject', 'p=quarantine', 'p=none',
                               'no valid policy', 'no DMARC record'], dmarc_policy)
