-- title: Why records were not measured
-- question: What came back, where nobody could tell whether a record is there?
-- kind: bars
-- section: Coverage
-- order: 50
-- unit: records
-- note: Counted in records, eleven or more a site; such a record counts for nobody as missing.
SELECT COALESCE(replace(reading.value->>'reason', '_', ' '), 'unknown') AS label,
       count(*) AS value
  FROM site_runs
 CROSS JOIN LATERAL jsonb_each(readings) AS reading
 WHERE run_id = :run_id AND reading.value->>'is' = 'notmeasured'
 GROUP BY label
 ORDER BY value DESC, label
