-- title: Why records were not measured
-- question: What came back, where nobody could tell whether a record is there?
-- kind: bars
-- section: Coverage
-- order: 50
-- unit: records
-- note: Counted in records, eleven or more a site; such a record counts for nobody as missing.
SELECT CASE reading.value->>'reason'
            WHEN 'timeout' THEN 'silence (timeout)'
            WHEN 'servfail' THEN 'failure (SERVFAIL)'
            WHEN 'refused' THEN 'refusal (REFUSED)'
            WHEN 'formerr' THEN 'not understood (FORMERR)'
            WHEN 'notimp' THEN 'not implemented (NOTIMP)'
            WHEN 'rcode' THEN 'another response code'
            WHEN 'no_proof' THEN 'denial without proof'
            WHEN 'not_asked' THEN 'never asked'
            ELSE COALESCE(replace(reading.value->>'reason', '_', ' '), 'unknown') END AS label,
       count(*) AS value
  FROM site_runs
 CROSS JOIN LATERAL jsonb_each(readings) AS reading
 WHERE run_id = :run_id AND reading.value->>'is' = 'notmeasured'
 GROUP BY label
 ORDER BY value DESC, label
