-- title: SPF by rank
-- question: Which SPF policy do sites have, the more and the less visited?
-- kind: share
-- section: By rank
-- order: 12
SELECT band AS panel, spf_policy AS label, count(*) AS value
  FROM site_facts
 GROUP BY band, spf_policy
 ORDER BY min(min(rank)) OVER (PARTITION BY band),
          array_position(ARRAY['-all (fail)', '~all (softfail)', '?all (neutral)', '+all (pass)', 'permanent error', 'no SPF record'],
                         spf_policy)
