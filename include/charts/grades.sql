-- title: Grades
-- question: How are the grades of each record family spread from 0 to 100?
-- kind: histogram
-- section: Grades
-- order: 40
-- note: Ten bins of ten points, named by their lowest; the last one holds 90 to 100. What the records are stands in the rules.
WITH families AS (
       SELECT DISTINCT family FROM grades
        WHERE run_id = :run_id AND rules_version = :rules_version),
     placed AS (
       SELECT families.family,
              CASE WHEN grade IS NOT NULL THEN LEAST(grade / 10, 9)
                   WHEN status = 'nxdomain' OR why_none = 'does not apply' THEN 10
                   ELSE 11 END AS bin,
              count(*) AS sites
         FROM site_runs
        CROSS JOIN families
         LEFT JOIN grades ON grades.run_id = site_runs.run_id AND grades.rank = site_runs.rank
               AND grades.rules_version = :rules_version AND grades.family = families.family
        WHERE site_runs.run_id = :run_id
        GROUP BY families.family, bin)
SELECT CASE family WHEN 'overall' THEN 'Overall' ELSE upper(replace(family, '_', '-')) END AS panel,
       CASE WHEN bin < 9 THEN bin * 10 || '–' || bin * 10 + 9
            WHEN bin = 9 THEN '90–100'
            WHEN bin = 10 THEN 'does not apply'
            ELSE 'not measured' END AS label,
       COALESCE(sites, 0) AS value
  FROM families
 CROSS JOIN generate_series(0, 11) AS bins (bin)
  LEFT JOIN placed USING (family, bin)
 ORDER BY family <> 'overall', family, bin
