-- title: DNSSEC algorithms
-- question: With which algorithms are zones signed, by their DS records?
-- kind: bars
-- section: Signatures and certificates
-- order: 28.1
-- note: Of the signed zones; one may use several. RSASHA1 counts as not signed for resolvers of today (RFC 9905).
SELECT label, count(*) AS value,
       (SELECT count(*) FROM site_facts WHERE dnssec = 'published') AS out_of
  FROM site_facts
 CROSS JOIN LATERAL (
       SELECT CASE dnssec WHEN 'none' THEN 'does not apply' ELSE dnssec END AS label
        WHERE dnssec <> 'published'
       UNION ALL
       SELECT COALESCE(name, 'algorithm ' || number)
         FROM unnest(dnssec_algorithms) AS used (number)
         LEFT JOIN (VALUES (1, 'RSAMD5'), (3, 'DSA'), (5, 'RSASHA1'), (6, 'DSA-NSEC3-SHA1'),
                           (7, 'RSASHA1-NSEC3'), (8, 'RSASHA256'), (10, 'RSASHA512'),
                           (12, 'GOST'), (13, 'ECDSAP256SHA256'), (14, 'ECDSAP384SHA384'),
                           (15, 'ED25519'), (16, 'ED448')) AS algorithms (number, name)
                USING (number)
       UNION ALL
       SELECT 'no DS record' WHERE dnssec = 'published' AND dnssec_algorithms = '{}'
       ) AS each_one
 GROUP BY label
 ORDER BY value DESC, label
