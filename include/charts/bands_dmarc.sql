-- title: DMARC by rank
-- question: Which DMARC policy do sites have, the more and the less visited?
-- kind: share
-- section: By rank
-- order: 13
SELECT band AS panel, dmarc_policy AS label, count(*) AS value
  FROM site_facts
 GROUP BY band, dmarc_policy
 ORDER BY min(min(rank)) OVER (PARTITION BY band),
          array_position(ARRAY['p=reject', 'p=quarantine', 'p=none', 'no valid policy', 'no DMARC record'],
                         dmarc_policy)
