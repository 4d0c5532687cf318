-- One definition for every tenant, the model in the tenant's own schema, and the oracle over its tables.
CREATE EXTENSION pg_leadscore;
SELECT proof.set_clock('2026-03-01 00:00+00');

CREATE PROCEDURE proof.attach(workspace text) LANGUAGE plpgsql AS $$
DECLARE
  s text := quote_ident(workspace) || '.';
  score text;
BEGIN
  PERFORM leadscore.create_entity(s || 'person', s || 'person', filter => '"deletedAt" IS NULL'),
          leadscore.create_entity(s || 'company', s || 'company', filter => '"deletedAt" IS NULL'),
          leadscore.create_source(s || 'task', s || 'task', 'coalesce("dueAt", "updatedAt")', filter => $f$status = 'DONE' AND "deletedAt" IS NULL$f$),
          leadscore.create_source(s || 'message', s || 'message', '"receivedAt"', filter => '"deletedAt" IS NULL'),
          leadscore.create_source(s || 'event', s || '"calendarEvent"', '"startsAt"', filter => 'NOT "isCanceled" AND "deletedAt" IS NULL'),
          leadscore.create_link(s || 'task', 'person', 'through."targetPersonId"', through => ARRAY[(s || '"taskTarget"')::regclass],
                                join_on => 'through."taskId" = source.id', filter => 'through."deletedAt" IS NULL'),
          leadscore.create_link(s || 'task', 'company', 'through."targetCompanyId"', through => ARRAY[(s || '"taskTarget"')::regclass],
                                join_on => 'through."taskId" = source.id', filter => 'through."deletedAt" IS NULL'),
          leadscore.create_link(s || 'message', 'person', 'through."personId"', through => ARRAY[(s || '"messageParticipant"')::regclass],
                                join_on => 'through."messageId" = source.id'),
          leadscore.create_link(s || 'event', 'person', 'through."personId"', through => ARRAY[(s || '"calendarEventParticipant"')::regclass],
                                join_on => $f$through."calendarEventId" = source.id AND through."responseStatus" <> 'DECLINED'$f$),
          leadscore.create_score(s || 'engagement', '{person,company}', 'exponential(14 days, hold 2 days)'),
          leadscore.create_score(s || 'fresh', '{person,company}', 'linear(60 days)'),
          leadscore.create_score(s || 'ever', '{person,company}');
  FOREACH score IN ARRAY '{engagement,fresh,ever}'::text[] LOOP
    PERFORM leadscore.create_rule(s || score, 'task', 'task', '3'),
            leadscore.create_rule(s || score, 'message', 'message', '1'),
            leadscore.create_rule(s || score, 'event', 'event', '5'),
            leadscore.create_rollup(s || score, 'company', of => 'person', key => '"companyId"');
    CALL leadscore.publish(s || score);
    INSERT INTO proof.score VALUES (s || score);
  END LOOP;

  EXECUTE replace($view$
    CREATE VIEW proof."facts of @" AS
    SELECT 'person' AS entity, t."targetPersonId" AS id, 3 AS points, coalesce(a."dueAt", a."updatedAt") AS at, a.id AS activity
    FROM "@".task AS a JOIN "@"."taskTarget" AS t ON t."taskId" = a.id WHERE a.status = 'DONE' AND a."deletedAt" IS NULL AND t."deletedAt" IS NULL
    UNION -- each activity once
    SELECT 'company', t."targetCompanyId", 3, coalesce(a."dueAt", a."updatedAt"), a.id
    FROM "@".task AS a JOIN "@"."taskTarget" AS t ON t."taskId" = a.id WHERE a.status = 'DONE' AND a."deletedAt" IS NULL AND t."deletedAt" IS NULL
    UNION
    SELECT 'person', p."personId", 1, m."receivedAt", m.id
    FROM "@".message AS m JOIN "@"."messageParticipant" AS p ON p."messageId" = m.id WHERE m."deletedAt" IS NULL
    UNION
    SELECT 'person', p."personId", 5, e."startsAt", e.id
    FROM "@"."calendarEvent" AS e JOIN "@"."calendarEventParticipant" AS p ON p."calendarEventId" = e.id
    WHERE NOT e."isCanceled" AND e."deletedAt" IS NULL AND p."responseStatus" <> 'DECLINED'
    $view$, '@', workspace);
  EXECUTE replace($view$
    CREATE VIEW proof."expected of @" AS
    WITH own AS MATERIALIZED (
      SELECT n.entity, n.id, n.company,
             coalesce(sum(f.points * power(0.5::float8, greatest(0, f.age - 2) / 14)), 0) AS engagement,
             coalesce(sum(f.points * greatest(0, 1 - f.age / 60)), 0) AS fresh,
             coalesce(sum(f.points), 0)::float8 AS ever, coalesce(sum(f.points) FILTER (WHERE f.age <= 30), 0)::float8 AS within_30, count(f.at) AS activities
      FROM (SELECT 'person' AS entity, id, "companyId" AS company FROM "@".person WHERE "deletedAt" IS NULL
            UNION ALL SELECT 'company', id, NULL FROM "@".company WHERE "deletedAt" IS NULL) AS n
      LEFT JOIN (SELECT f.*, extract(epoch FROM a.ts - f.at)::float8 / 86400 AS age FROM proof."facts of @" AS f, proof.asof AS a WHERE f.at <= a.ts) AS f
             ON f.entity = n.entity AND f.id = n.id
      GROUP BY 1, 2, 3
    )
    SELECT format('person %s', x.score) AS part, o.id::text AS key, x.value::float8 AS value
    FROM own AS o CROSS JOIN LATERAL (VALUES ('engagement', engagement), ('fresh', fresh), ('ever', ever), ('activities', activities)) AS x(score, value) WHERE o.entity = 'person'
    UNION ALL
    SELECT format('company %s', x.score), c.id::text, coalesce(x.value::float8, 'NaN')
    FROM (SELECT c.id, c.engagement + coalesce(sum(p.engagement), 0) AS engagement, avg(p.engagement) AS average, max(p.fresh) AS most, count(p.id) AS members,
                 c.ever + coalesce(sum(p.ever), 0) AS ever, c.activities + coalesce(sum(p.activities), 0) AS activities
          FROM own AS c LEFT JOIN own AS p ON p.company = c.id WHERE c.entity = 'company' GROUP BY c.id, c.engagement, c.ever, c.activities) AS c
    CROSS JOIN LATERAL (VALUES ('engagement', engagement), ('average', average), ('most', most), ('members', members), ('ever', ever), ('activities', activities)) AS x(score, value)
    UNION ALL
    SELECT CASE WHEN within_30 > 6 THEN 'hot' ELSE 'cold' END, id::text, within_30 FROM own WHERE entity = 'person' AND within_30 <> 6
    $view$, '@', workspace);
  EXECUTE replace($view$
    CREATE VIEW proof."kept of @" AS
    WITH persons AS MATERIALIZED (TABLE "@".person_scores), engaged AS MATERIALIZED (TABLE "@".company_engagement), ever AS MATERIALIZED (TABLE "@".company_ever)
    SELECT format('person %s', x.score) AS part, s.person_id::text AS key, x.value
    FROM persons AS s CROSS JOIN LATERAL (VALUES ('engagement', engagement), ('fresh', fresh), ('ever', ever)) AS x(score, value)
    UNION ALL
    SELECT 'person activities', person_id::text, activities FROM "@".person_fresh
    UNION ALL
    SELECT format('company %s', x.score), v.company_id::text, coalesce(x.value, 'NaN')
    FROM engaged AS v CROSS JOIN LATERAL (VALUES ('engagement', points), ('average', members_avg), ('members', members)) AS x(score, value)
    UNION ALL
    SELECT 'company most', company_id::text, coalesce(members_max, 'NaN') FROM "@".company_fresh
    UNION ALL
    SELECT format('company %s', x.score), v.company_id::text, x.value
    FROM ever AS v CROSS JOIN LATERAL (VALUES ('ever', points), ('activities', activities)) AS x(score, value)
    UNION ALL
    SELECT 'hot', person_id::text, points FROM "@".person_hot('ever', 6, '30 days')
    UNION ALL
    SELECT 'cold', person_id::text, points FROM "@".person_cold('fresh', 6, '30 days')
    $view$, '@', workspace);
END $$;
CALL proof.attach('workspace_1a');
CALL proof.attach('Workspace 2b');
CREATE VIEW proof.kept AS
SELECT '1a ' || part AS part, key, value FROM proof."kept of workspace_1a" UNION ALL SELECT '2b ' || part, key, value FROM proof."kept of Workspace 2b";
CREATE VIEW proof.expected AS
SELECT '1a ' || part AS part, key, value FROM proof."expected of workspace_1a" UNION ALL SELECT '2b ' || part, key, value FROM proof."expected of Workspace 2b";
