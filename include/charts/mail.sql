-- title: Mail
-- question: Do sites take mail?
-- kind: share
-- section: Policies
-- order: 23
-- note: A null MX says that a domain takes no mail (RFC 7505).
SELECT label, count(*) AS value
  FROM (SELECT CASE WHEN status = 'nxdomain' THEN 'does not apply'
                   WHEN NOT readings ? 'mx' OR readings#>>'{mx,is}' = 'notmeasured' THEN 'not measured'
                   WHEN readings->'mx' = 'null' THEN 'no MX record'
                   WHEN readings#>'{mx,is_null}' = 'true' THEN 'null MX: takes no mail'
                   ELSE 'takes mail' END AS label
          FROM site_runs
         WHERE run_id = :run_id) AS sites
 GROUP BY label
 ORDER BY array_position(ARRAY['takes mail', 'null MX: takes no mail', 'no MX record'], label)
