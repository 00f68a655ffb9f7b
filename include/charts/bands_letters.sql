-- title: Letters by rank
-- question: Which overall letter do sites get, the more and the less visited?
-- kind: share
-- section: By rank
-- order: 15
SELECT band AS panel, label, count(*) AS value
  FROM (SELECT band, site_facts.rank,
               CASE WHEN letter IS NOT NULL THEN left(letter, 1)
                    WHEN status = 'nxdomain' OR why_none = 'does not apply' THEN 'does not apply'
                    ELSE 'not measured' END AS label
          FROM site_facts
          LEFT JOIN grades ON grades.run_id = :run_id AND grades.rules_version = :rules_version
                AND grades.family = 'overall' AND grades.rank = site_facts.rank) AS placed
 GROUP BY band, label
 ORDER BY min(min(rank)) OVER (PARTITION BY band), label
