-- title: DNSSEC by rank
-- question: How are zones signed, the more and the less visited?
-- kind: share
-- section: By rank
-- order: 14
SELECT band AS panel, dnssec_state AS label, count(*) AS value
  FROM site_facts
 GROUP BY band, dnssec_state
 ORDER BY min(min(rank)) OVER (PARTITION BY band),
          array_position(ARRAY['secure', 'signed, nobody validated', 'bogus', 'not signed'],
                         dnssec_state)
