-- One row a site of the run, of what its readings come to: what the charts count, what the lists
-- list and what sites.parquet holds. Made once for a report, because taking a site's readings apart
-- is what costs. Two values are special in every column: 'not measured' and 'does not apply'.
CREATE TEMPORARY TABLE site_facts ON COMMIT DROP AS
SELECT rank, domain, substring(domain from '[^.]*$') AS tld, status, is_measured, dns_provider,
       mail_provider, mail_gateway,
       CASE WHEN rank <= 100 THEN '1–100' WHEN rank <= 1000 THEN '101–1,000'
            WHEN rank <= 10000 THEN '1,001–10,000' WHEN rank <= 100000 THEN '10,001–100,000'
            ELSE 'above 100,000' END AS band,
       spf, dmarc, mx, caa, dnssec, ipv6, https, mta_sts, tls_rpt, dane, bimi,
       CASE WHEN spf = 'none' THEN 'no SPF record'
            WHEN spf <> 'published' THEN spf
            WHEN r#>>'{spf,verdict}' = 'permerror' THEN 'permanent error'
            WHEN r#>>'{spf,policy}' = '-' THEN '-all (fail)'
            WHEN r#>>'{spf,policy}' = '~' THEN '~all (softfail)'
            WHEN r#>>'{spf,policy}' = '?' THEN '?all (neutral)'
            WHEN r#>>'{spf,policy}' = '+' THEN '+all (pass)'
            ELSE 'not measured' END AS spf_policy,
       CASE WHEN dmarc = 'none' THEN 'no DMARC record'
            WHEN dmarc <> 'published' THEN dmarc
            WHEN r#>>'{dmarc,policy}' IN ('reject', 'quarantine', 'none')
                 THEN 'p=' || (r#>>'{dmarc,policy}')
            ELSE 'no valid policy' END AS dmarc_policy,
       CASE WHEN dmarc = 'none' THEN 'no DMARC record'
            WHEN dmarc <> 'published' THEN dmarc
            WHEN r#>>'{dmarc,subdomain_policy}' IN ('reject', 'quarantine', 'none')
                 THEN 'sp=' || (r#>>'{dmarc,subdomain_policy}')
            ELSE 'no valid policy' END AS dmarc_subdomain_policy,
       CASE WHEN dmarc <> 'published' THEN CASE dmarc WHEN 'none' THEN 'does not apply' ELSE dmarc END
            WHEN r#>'{dmarc,rua}' <> '[]' THEN 'reports wanted'
            ELSE 'no reports' END AS dmarc_reports,
       CASE WHEN mx = 'none' THEN 'no MX record'
            WHEN mx <> 'published' THEN mx
            WHEN r#>'{mx,is_null}' = 'true' THEN 'null MX: takes no mail'
            ELSE 'takes mail' END AS mail,
       CASE WHEN mx = 'not measured' THEN mx
            WHEN mx <> 'published' OR r#>'{mx,is_null}' = 'true' THEN 'does not apply'
            WHEN (r#>>'{mx,count}')::int < 5 THEN r#>>'{mx,count}'
            ELSE '5 or more' END AS mx_hosts,
       CASE WHEN mx = 'not measured' THEN mx
            WHEN mx <> 'published' OR r#>'{mx,is_null}' = 'true' THEN 'does not apply'
            WHEN jsonb_path_exists(r, '$.mx.exchanges[*].host.v6[*] ? (@.type() == "string")')
                 THEN 'over IPv6 too'
            WHEN jsonb_path_exists(r, '$.mx.exchanges[*].host.v6.is') THEN 'not measured'
            ELSE 'over IPv4 only' END AS mx_ipv6,
       CASE WHEN dnssec IN ('not measured', 'does not apply') THEN dnssec
            WHEN r#>>'{dnssec,state}' = 'secure' THEN 'secure'
            WHEN r#>>'{dnssec,state}' = 'bogus' THEN 'bogus'
            WHEN r#>>'{dnssec,state}' = 'indeterminate' THEN 'signed, nobody validated'
            ELSE 'not signed' END AS dnssec_state,
       CASE WHEN dnssec = 'published' THEN ARRAY(
                 SELECT DISTINCT (one #>> '{}')::int
                   FROM jsonb_path_query(r, '$.dnssec.ds[*].algorithm') AS ds (one) ORDER BY 1)
            END AS dnssec_algorithms,
       CASE WHEN caa = 'published' THEN ARRAY(
                 SELECT DISTINCT issuer FROM jsonb_array_elements_text(
                        CASE jsonb_typeof(r#>'{caa,issuers}') WHEN 'array' THEN r#>'{caa,issuers}'
                             ELSE '["anybody at all"]' END) AS named (issuer) ORDER BY 1)
            END AS caa_issuers,
       CASE WHEN caa <> 'published' THEN CASE caa WHEN 'none' THEN 'does not apply' ELSE caa END
            WHEN jsonb_path_exists(r, '$.caa.properties[*] ? (@.tag == "iodef")')
                 THEN 'reports wanted'
            ELSE 'no reports' END AS caa_reporting,
       CASE WHEN caa <> 'published' THEN CASE caa WHEN 'none' THEN 'does not apply' ELSE caa END
            ELSE (SELECT CASE WHEN n < 2 THEN n::text WHEN n < 6 THEN '2–5' WHEN n < 11 THEN '6–10'
                              ELSE '11 or more' END
                    FROM (SELECT count(*) AS n FROM jsonb_path_query(
                                 r, '$.caa.properties[*] ? (@.tag == "issue")')) AS counted)
            END AS caa_issue_records,
       CASE WHEN caa <> 'published' THEN CASE caa WHEN 'none' THEN 'does not apply' ELSE caa END
            WHEN jsonb_path_exists(r, '$.caa.properties[*] ? (@.tag == "issuewild")')
                 THEN 'rules for wildcards'
            ELSE 'none for wildcards' END AS caa_wildcard,
       CASE WHEN bimi = 'none' THEN 'no BIMI record'
            WHEN bimi <> 'published' THEN bimi
            WHEN r#>'{bimi,is_declined}' = 'true' THEN 'takes no part, on purpose'
            WHEN r#>'{bimi,is_valid}' <> 'true' THEN 'cannot be used'
            WHEN r#>>'{bimi,evidence}' <> '' THEN 'logo with a certificate'
            ELSE 'logo alone' END AS bimi_state,
       CASE WHEN ns <> 'published' THEN ns
            WHEN jsonb_array_length(r#>'{ns,names}') < 5 THEN jsonb_array_length(r#>'{ns,names}')::text
            WHEN jsonb_array_length(r#>'{ns,names}') < 7 THEN '5–6'
            ELSE '7 or more' END AS ns_hosts,
       CASE WHEN spf = 'published' THEN (r#>>'{spf,lookups}')::int END AS spf_lookups,
       CASE WHEN mx = 'published' THEN (r#>>'{mx,count}')::int END AS mx_count,
       CASE WHEN ns = 'published' THEN jsonb_array_length(r#>'{ns,names}') END AS ns_count,
       CASE WHEN ns <> 'published' THEN ns
            WHEN jsonb_path_exists(r, '$.ns.addresses[*] ? (@.service == "lame")') THEN 'some do not serve the zone'
            WHEN jsonb_path_exists(r, '$.ns.addresses[*] ? (@.service == "refused")') THEN 'some refuse'
            WHEN jsonb_path_exists(r, '$.ns.addresses[*] ? (@.service == "fails")') THEN 'some fail'
            WHEN jsonb_path_exists(r, '$.ns.addresses[*] ? (@.service == "denies")') THEN 'some deny the zone'
            WHEN jsonb_path_exists(r, '$.ns.addresses[*] ? (@.service == "authoritative")')
                 THEN 'all that answered serve it'
            ELSE 'not measured' END AS ns_service,
       CASE WHEN ns <> 'published' THEN ns
            WHEN jsonb_path_exists(r, '$.ns.servers[*].host.v6[*] ? (@.type() == "string")')
                 THEN 'over IPv6 too'
            WHEN jsonb_path_exists(r, '$.ns.servers[*].host.v6.is') THEN 'not measured'
            ELSE 'over IPv4 only' END AS ns_ipv6,
       CASE WHEN soa <> 'published' THEN soa
            ELSE (SELECT CASE WHEN servers = 0 THEN 'not measured'
                              WHEN serials > 1 THEN 'different serials'
                              WHEN servers = 1 THEN 'one address told'
                              ELSE 'one serial everywhere' END
                    FROM (SELECT count(*) AS servers, count(DISTINCT one) AS serials
                            FROM jsonb_path_query(r, '$.soa.servers[*].records[0].serial') AS s (one)
                         ) AS counted)
            END AS soa_serials
  FROM site_runs
 CROSS JOIN LATERAL (SELECT readings || '{}' AS r OFFSET 0) AS unpacked  -- once a site, not per use
 CROSS JOIN LATERAL (
       SELECT CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT r ? 'spf' OR r#>>'{spf,is}' = 'notmeasured' THEN 'not measured'
                   WHEN r->'spf' = 'null' THEN 'none'
                   ELSE 'published' END AS spf,
       CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT r ? 'mx' OR r#>>'{mx,is}' = 'notmeasured' THEN 'not measured'
                   WHEN r->'mx' = 'null' THEN 'none'
                   ELSE 'published' END AS mx,
       CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT r ? 'caa' OR r#>>'{caa,is}' = 'notmeasured' THEN 'not measured'
                   WHEN r->'caa' = 'null' THEN 'none'
                   ELSE 'published' END AS caa,
       CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT r ? 'https' OR r#>>'{https,is}' = 'notmeasured' THEN 'not measured'
                   WHEN r->'https' = 'null' THEN 'none'
                   ELSE 'published' END AS https,
       CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT r ? 'mta_sts' OR r#>>'{mta_sts,is}' = 'notmeasured' THEN 'not measured'
                   WHEN r->'mta_sts' = 'null' THEN 'none'
                   ELSE 'published' END AS mta_sts,
       CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT r ? 'tls_rpt' OR r#>>'{tls_rpt,is}' = 'notmeasured' THEN 'not measured'
                   WHEN r->'tls_rpt' = 'null' THEN 'none'
                   ELSE 'published' END AS tls_rpt,
       CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT r ? 'dane' OR r#>>'{dane,is}' = 'notmeasured' THEN 'not measured'
                   WHEN r->'dane' = 'null' THEN 'none'
                   ELSE 'published' END AS dane,
       CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT r ? 'bimi' OR r#>>'{bimi,is}' = 'notmeasured' THEN 'not measured'
                   WHEN r->'bimi' = 'null' THEN 'none'
                   ELSE 'published' END AS bimi,
       CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT r ? 'dmarc' OR r#>>'{dmarc,is}' = 'notmeasured' THEN 'not measured'
                   WHEN r#>>'{dmarc,found_at}' = '' THEN 'none'
                   WHEN r->'dmarc' = 'null' THEN 'none'
                   ELSE 'published' END AS dmarc,
       CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT r ? 'dnssec' OR r#>>'{dnssec,is}' = 'notmeasured' THEN 'not measured'
                   WHEN r->'dnssec' = 'null' THEN 'does not apply'
                   WHEN r#>>'{dnssec,state}' = 'insecure' THEN 'none'
                   WHEN r->'dnssec' = 'null' THEN 'none'
                   ELSE 'published' END AS dnssec,
       CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT r ? 'address' OR r#>>'{address,is}' = 'notmeasured'
                     OR r#>>'{address,apex,v6,is}' = 'notmeasured' THEN 'not measured'
                   WHEN r->'address' = 'null' OR r#>'{address,apex,v6}' = '[]' THEN 'none'
                   ELSE 'published' END AS ipv6,
       CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT r ? 'ns' OR r#>>'{ns,is}' = 'notmeasured' THEN 'not measured'
                   WHEN r->'ns' = 'null' THEN 'does not apply'
                   WHEN r->'ns' = 'null' THEN 'none'
                   ELSE 'published' END AS ns,
       CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT r ? 'soa' OR r#>>'{soa,is}' = 'notmeasured' THEN 'not measured'
                   WHEN r->'soa' = 'null' THEN 'does not apply'
                   WHEN r->'soa' = 'null' THEN 'none'
                   ELSE 'published' END AS soa
        OFFSET 0) AS told
 WHERE run_id = :run_id
