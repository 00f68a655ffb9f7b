-- title: What name servers say
-- question: Do all name servers serve the zone that is delegated to them?
-- kind: share
-- section: Name servers
-- order: 27.1
-- note: Every address was asked directly. Silence is not held against a server.
SELECT ns_service AS label, count(*) AS value
  FROM site_facts
 GROUP BY ns_service
 ORDER BY array_position(ARRAY['all that answered serve it', 'some do not serve the zone', 'some refuse',
                               'some fail', 'some deny the zone'], ns_service)
