-- title: SOA serials
-- question: Do all name servers serve the same edition of the zone?
-- kind: share
-- section: Name servers
-- order: 27.3
-- note: Two serials for a moment are usual while a zone changes.
SELECT soa_serials AS label, count(*) AS value
  FROM site_facts
 GROUP BY soa_serials
 ORDER BY array_position(ARRAY['one serial everywhere', 'one address told',
                               'different serials'], soa_serials)
