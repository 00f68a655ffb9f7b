-- title: DMARC policy for subdomains
-- question: And with mail from their subdomains (sp, else p)?
-- kind: share
-- section: Mail policies
-- order: 22
SELECT dmarc_subdomain_policy AS label, count(*) AS value
  FROM site_facts
 GROUP BY dmarc_subdomain_policy
 ORDER BY array_position(ARRAY['sp=reject', 'sp=quarantine', 'sp=none',
                               'no valid policy', 'no DMARC record'], dmarc_subdomain_policy)
