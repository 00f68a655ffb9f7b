-- title: Letters
-- question: Which letter do sites get for all families together?
-- kind: histogram
-- section: Grades
-- order: 41
WITH placed AS (
       SELECT CASE WHEN letter IS NOT NULL THEN letter
                   WHEN status = 'nxdomain' OR why_none = 'does not apply' THEN 'does not apply'
                   ELSE 'not measured' END AS label,
              count(*) AS sites
         FROM site_runs
         LEFT JOIN grades ON grades.run_id = site_runs.run_id AND grades.rank = site_runs.rank
               AND grades.rules_version = :rules_version AND grades.family = 'overall'
        WHERE site_runs.run_id = :run_id
        GROUP BY label)
SELECT label, COALESCE(sites, 0) AS value
  FROM unnest(ARRAY['A+', 'A', 'A-', 'B+', 'B', 'B-', 'C+', 'C', 'C-', 'D+', 'D', 'D-', 'F',
                    'does not apply', 'not measured']) WITH ORDINALITY AS letters (label, place)
  LEFT JOIN placed USING (label)
 ORDER BY place
