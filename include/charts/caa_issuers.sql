-- title: Certification authorities in CAA
-- question: Whom do sites with CAA allow to issue certificates?
-- kind: bars
-- section: Providers
-- order: 32
-- note: Of the sites with CAA; a site may name several authorities.
SELECT label, count(*) AS value,
       (SELECT count(*) FROM site_facts WHERE caa = 'published') AS out_of
  FROM site_facts
 CROSS JOIN LATERAL (
       SELECT CASE caa WHEN 'none' THEN 'does not apply' ELSE caa END AS label
        WHERE caa <> 'published'
       UNION ALL
       SELECT unnest(caa_issuers)
       UNION ALL
       SELECT 'nobody at all' WHERE caa = 'published' AND caa_issuers = '{}'
       ) AS each_one
 GROUP BY label
 ORDER BY value DESC, label
