-- title: What sites publish
-- question: Which share of sites publishes each record?
-- kind: share
-- section: Adoption
-- order: 10
-- note: SPF and DMARC count where a record applies to the site, at a parent too; DNSSEC where the parent has DS records; IPv6 where the site has an AAAA record.
WITH families (place, panel, family) AS (
       VALUES (1, 'SPF', 'spf'), (2, 'DMARC', 'dmarc'), (3, 'MX', 'mx'), (4, 'CAA', 'caa'),
              (5, 'DNSSEC', 'dnssec'), (6, 'IPv6', 'address'), (7, 'HTTPS record', 'https'),
              (8, 'MTA-STS', 'mta_sts'), (9, 'TLS reporting', 'tls_rpt'),
              (10, 'DANE for mail', 'dane'), (11, 'BIMI', 'bimi')),
     labels (step, label) AS (
       VALUES (1, 'published'), (2, 'none'), (3, 'not measured'), (4, 'does not apply')),
     told AS (
       SELECT place,
              CASE WHEN status = 'nxdomain' THEN 4
                   WHEN NOT readings ? family OR readings->family->>'is' = 'notmeasured' THEN 3
                   WHEN family = 'dnssec' AND readings->family = 'null' THEN 4
                   WHEN readings->family = 'null' THEN 2
                   WHEN family = 'dnssec' AND readings->family->>'state' = 'insecure' THEN 2
                   WHEN family = 'dmarc' AND readings->family->>'found_at' = '' THEN 2
                   WHEN family = 'address' AND readings#>>'{address,apex,v6,is}' = 'notmeasured' THEN 3
                   WHEN family = 'address' AND readings#>'{address,apex,v6}' = '[]' THEN 2
                   ELSE 1 END AS step,
              count(*) AS sites
         FROM site_runs
        CROSS JOIN families
        WHERE run_id = :run_id
        GROUP BY 1, 2)
SELECT panel, label, COALESCE(sites, 0) AS value
  FROM families
 CROSS JOIN labels
  LEFT JOIN told USING (place, step)
 ORDER BY place, step
