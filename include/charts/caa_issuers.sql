-- title: Certification authorities in CAA
-- question: Whom do sites with CAA allow to issue certificates?
-- kind: bars
-- section: Providers
-- order: 32
-- note: Of the sites with CAA; a site may name several authorities.
SELECT issuers.label, count(*) AS value, sites_with_caa.total AS out_of
  FROM site_runs
 CROSS JOIN LATERAL (
       SELECT 'does not apply' AS label WHERE status = 'nxdomain' OR readings->'caa' = 'null'
       UNION ALL
       SELECT 'not measured' WHERE status <> 'nxdomain'
          AND (NOT readings ? 'caa' OR readings#>>'{caa,is}' = 'notmeasured')
       UNION ALL
       SELECT DISTINCT issuer
         FROM jsonb_array_elements_text(CASE jsonb_typeof(readings#>'{caa,issuers}')
              WHEN 'array' THEN readings#>'{caa,issuers}' ELSE '[]' END) AS named (issuer)
        WHERE status <> 'nxdomain'
       UNION ALL
       SELECT 'nobody at all' WHERE status <> 'nxdomain' AND readings#>'{caa,issuers}' = '[]'
       UNION ALL
       SELECT 'anybody at all' WHERE status <> 'nxdomain' AND readings#>'{caa,issuers}' = 'null'
       ) AS issuers
 CROSS JOIN (
       SELECT count(*) AS total FROM site_runs
        WHERE run_id = :run_id AND status <> 'nxdomain' AND readings#>>'{caa,is}' = 'caa'
       ) AS sites_with_caa
 WHERE run_id = :run_id
 GROUP BY issuers.label, sites_with_caa.total
 ORDER BY value DESC, issuers.label
