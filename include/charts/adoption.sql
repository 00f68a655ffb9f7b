-- title: What sites publish
-- question: Which share of sites publishes each record?
-- kind: share
-- section: Adoption
-- order: 10
-- note: SPF and DMARC count where a record applies to the site, at a parent too; DNSSEC where the parent has DS records; IPv6 where the site has an AAAA record.
SELECT panel, label, count(facts.told) AS value
  FROM (VALUES (1, 'SPF', 'spf'), (2, 'DMARC', 'dmarc'), (3, 'MX', 'mx'), (4, 'CAA', 'caa'),
               (5, 'DNSSEC', 'dnssec'), (6, 'IPv6', 'ipv6'), (7, 'HTTPS record', 'https'),
               (8, 'MTA-STS', 'mta_sts'), (9, 'TLS reporting', 'tls_rpt'),
               (10, 'DANE for mail', 'dane'), (11, 'BIMI', 'bimi')
            ) AS families (place, panel, family)
 CROSS JOIN (VALUES (1, 'published'), (2, 'none'), (3, 'not measured'), (4, 'does not apply')
            ) AS labels (step, label)
  LEFT JOIN (
       SELECT family, told
         FROM site_facts
        CROSS JOIN LATERAL (VALUES ('spf', spf), ('dmarc', dmarc), ('mx', mx), ('caa', caa),
                                   ('dnssec', dnssec), ('ipv6', ipv6), ('https', https),
                                   ('mta_sts', mta_sts), ('tls_rpt', tls_rpt), ('dane', dane),
                                   ('bimi', bimi)) AS each_one (family, told)
       ) AS facts ON facts.family = families.family AND facts.told = labels.label
 GROUP BY place, panel, step, label
 ORDER BY place, step
