-- title: DNSSEC state
-- question: What does a validating resolver make of the zones?
-- kind: share
-- section: Signatures and certificates
-- order: 28
-- note: Bogus zones are out of reach for everybody behind a validating resolver.
SELECT dnssec_state AS label, count(*) AS value
  FROM site_facts
 GROUP BY dnssec_state
 ORDER BY array_position(ARRAY['secure', 'signed, nobody validated',
                               'bogus', 'not signed'], dnssec_state)
