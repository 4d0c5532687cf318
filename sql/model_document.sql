-- A model as a document: what is exported and imported is the same model, in its own schema or in another; what is the same is
-- not touched, what differs changes and nothing else.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE ROLE regress_leadscore_other;

-- Two tenants with tables alike; what their functions give differs.
CREATE FUNCTION make_crm(tenant text, factor int) RETURNS void LANGUAGE plpgsql AS $make$
BEGIN
  EXECUTE format($$
    CREATE SCHEMA %1$I;
    CREATE TYPE %1$I.status AS ENUM ('held', 'planned');
    CREATE COLLATION %1$I.plain FROM "C";
    CREATE FUNCTION %1$I.worth(points int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT %2$s * $1';
    CREATE FUNCTION %1$I.longer(a text, b text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT length(a) > length(b)';
    CREATE OPERATOR %1$I.>>> (LEFTARG = text, RIGHTARG = text, FUNCTION = %1$I.longer);
    CREATE TABLE %1$I.account (id int PRIMARY KEY, name text);
    CREATE TABLE %1$I."Lead or so" (id int, "the key" text UNIQUE, "Account" int, active boolean DEFAULT true);
    CREATE TABLE %1$I.contact (id smallint PRIMARY KEY);
    CREATE TABLE %1$I.employment (contact_id int, account_id bigint);
    CREATE TABLE %1$I.kind (id int PRIMARY KEY, name text, points int);
    CREATE TABLE %1$I.activity (id int PRIMARY KEY, lead text, kind_id int, status %1$I.status DEFAULT 'held', at timestamp, contact_ids int[], note text DEFAULT 'so');
    CREATE TABLE %1$I.attendee (activity_id int, contact_id bigint, present boolean DEFAULT true);
    CREATE TABLE %1$I.mail (id int PRIMARY KEY, lead text, sent date, size int);
    INSERT INTO %1$I.account VALUES (1, 'a'), (2, 'b');
    INSERT INTO %1$I."Lead or so" SELECT i, 'l' || i, 1 + i %% 2 FROM generate_series(1, 6) AS i;
    INSERT INTO %1$I.contact SELECT i FROM generate_series(1, 4) AS i;
    INSERT INTO %1$I.employment SELECT i, 1 + i / 3 FROM generate_series(1, 4) AS i;
    INSERT INTO %1$I.kind VALUES (1, 'call', 2), (2, 'meeting', 5), (3, 'x', 1);
    INSERT INTO %1$I.activity (id, lead, kind_id, status, at, contact_ids)
    SELECT i, 'l' || i %% 6, 1 + i %% 3, (ARRAY['held', 'planned'])[1 + (i %% 5 = 0)::int]::%1$I.status, '2026-01-01'::timestamp + i * interval '31 hours', ARRAY[i %% 4, 70000]
    FROM generate_series(1, 60) AS i;
    INSERT INTO %1$I.attendee SELECT i, 1 + i %% 4, i %% 7 > 0 FROM generate_series(1, 60) AS i;
    INSERT INTO %1$I.mail SELECT i, 'l' || i %% 6, '2026-02-01'::date + i, i FROM generate_series(1, 20) AS i;
  $$, tenant, factor);
END
$make$;
SELECT make_crm('t1', 2);
SELECT make_crm('Tenant "2"', 3);

-- Everything that can be set up.
SELECT leadscore.create_entity('t1.account', 't1.account');
SELECT leadscore.create_entity('t1."Lead ä"', 't1."Lead or so"', key => '"the key"', filter => 'active AND "the key" OPERATOR(t1.>>>) $$$$');
SELECT leadscore.create_entity('t1.contact', 't1.contact');
SELECT leadscore.create_source('t1.activity', 't1.activity', occurred_at => 'at', time_zone => 'Europe/Berlin', through => '{t1.kind}',
                               join_on => 'through.id = source.kind_id', filter => $$status = 'held' AND note COLLATE t1.plain > 'a'$$, ahead => '2 days');
SELECT leadscore.create_source('t1.mail', 't1.mail', occurred_at => 'sent', time_zone => 'UTC');
SELECT leadscore.create_link('t1.activity', '"Lead ä"', key => 'lead');
SELECT leadscore.create_link('t1.mail', '"Lead ä"', key => 'lead', filter => 'size > 1');
SELECT leadscore.create_link('t1.activity', 'contact', key => 'through.contact_id', filter => 'through.present',
                             through => '{t1.attendee}', join_on => 'through.activity_id = source.id');
SELECT leadscore.create_link('t1.activity', 'contact', key => 'unnest(contact_ids)');
SELECT leadscore.create_score('t1.engagement', entities => '{"\"Lead ä\"",contact}', decay => 'exponential(30 days)', min_points => -7.25, max_points => 1e6,
                              on_error => 'fail', description => 'What they did; "so" to speak');
SELECT leadscore.create_rule('t1.engagement', 'by kind', source => 'activity', points => 't1.worth(through.points)', max_points => 40);
SELECT leadscore.create_rule('t1.engagement', 'meeting''s', source => 'activity', points => '0.1', filter => $$through.name = 'meeting'$$, decay => 'window(90 days)');
SELECT leadscore.create_rule('t1.engagement', 'mail', source => 'mail', points => 'CASE WHEN sent > ''2026-02-10'' THEN 1.5 ELSE 1 END', filter => 'size < 15');
SELECT leadscore.create_rollup('t1.engagement', 'account', of => '"Lead ä"', key => '"Account"');
SELECT leadscore.create_rollup('t1.engagement', 'account', of => 'contact', key => 'through.account_id', through => '{t1.employment}', join_on => 'through.contact_id = member.id');
SELECT leadscore.set_bands('t1.engagement', '{"hot": 50, "warm": 20.5, "cold": null}');
SELECT leadscore.create_score('t1.total', entities => '{contact}');
SELECT leadscore.create_rule('t1.total', 'any', source => 'activity', points => '1');
SELECT leadscore.create_criterion('t1.total', 'named', 'contact', points => 'id', filter => 't1.worth(id) > 3');
SELECT leadscore.create_criterion('t1.engagement', 'since', '"Lead ä"', points => '2', occurred_at => '''2026-02-01''::timestamp AT TIME ZONE ''UTC''', decay => 'linear(90 days)', max_points => 1.5);
SELECT leadscore.create_criterion('t1.engagement', 'once', 'account', points => '7', filter => $$name > 'a'$$, once => true);
SELECT leadscore.create_grade('t1."Grade"', 'contact', fit_score => 'total', engagement_score => 'engagement', letters => '{"A": 3.5, "B": null}', digits => '{"1": 60, "2": 30, "3": null}');
CALL leadscore.publish('t1.engagement');
CALL leadscore.publish('t1.total');

SELECT jsonb_pretty(leadscore.export_model('t1')) AS document;
SELECT leadscore.export_model('t1') AS doc \gset

-- The session's settings are not in it.
SET intervalstyle = sql_standard; SET extra_float_digits = -10; SET datestyle = 'SQL, DMY'; SET timezone = 'Asia/Tokyo'; SET quote_all_identifiers = on;
SET search_path = t1, public;
SELECT leadscore.export_model('t1') = :'doc' AS same;
SELECT * FROM leadscore.import_model(:'doc');
RESET search_path; RESET intervalstyle; RESET extra_float_digits; RESET datestyle; RESET quote_all_identifiers; SET timezone = 'UTC';

-- Nor are they in what is kept, where others would read a date in another way.
BEGIN;
SET LOCAL datestyle = 'SQL, DMY'; SET LOCAL intervalstyle = sql_standard; SET LOCAL timezone = 'Asia/Tokyo'; SET LOCAL extra_float_digits = 0; SET LOCAL quote_all_identifiers = on;
SELECT leadscore.create_rule('t1.total', 'dated', source => 'mail', points => '0.1::float8 + 0.2::float8', filter => $$sent > '03/02/2026' AND sent + time '12:00' - interval '1 day 2 hours' > '04/02/2026 01:00'$$);
RESET datestyle; RESET intervalstyle; RESET extra_float_digits; RESET quote_all_identifiers; SET LOCAL timezone = 'UTC';
SELECT points, filter FROM leadscore.rules WHERE rule = 'dated';
SELECT rows FROM leadscore.check_score('t1.total') WHERE name = 'dated';
SELECT count(*) FROM t1.mail WHERE sent > '2026-02-03' AND sent + time '12:00' - interval '1 day 2 hours' > '2026-02-04 01:00';
ROLLBACK;

-- The same again: nothing is touched.
SELECT * FROM leadscore.import_model(:'doc');
SELECT * FROM leadscore.import_model(:'doc', drop_missing => true);
SELECT score, state, edited FROM leadscore.scores WHERE model = 't1' ORDER BY score;

-- A copy in another schema, first a rehearsal of it.
SELECT * FROM leadscore.import_model(:'doc', "into" => 'Tenant "2"', dry_run => true);
SELECT count(*) FROM leadscore.entities WHERE model = 'Tenant "2"';
SELECT * FROM leadscore.import_model(:'doc', "into" => 'Tenant "2"');
SELECT * FROM leadscore.import_model(:'doc', "into" => 'Tenant "2"');
SELECT leadscore.export_model('Tenant "2"') AS copy \gset
SELECT replace(:'copy', '\"Tenant \"\"2\"\"\"', 't1')::jsonb || '{"model": "t1"}' = :'doc' AS same_but_for_the_name, :'copy' ~ '\mt1\M' AS names_the_original;
SELECT key, filter FROM leadscore.entities WHERE model = 'Tenant "2"' AND entity = 'Lead ä';
SELECT filter FROM leadscore.sources WHERE model = 'Tenant "2"' AND filter IS NOT NULL;
-- Back again.
SELECT * FROM leadscore.import_model(:'copy', "into" => 't1');
CALL leadscore.publish('"Tenant ""2""".engagement');
CALL leadscore.publish('"Tenant ""2""".total');
SELECT count(*), sum(points) > 0 AS some, sum(points) FILTER (WHERE points IS DISTINCT FROM c_points) AS other
FROM (SELECT a.points, c.points AS c_points FROM t1.contact_total AS a FULL JOIN "Tenant ""2""".contact_total AS c ON c.contact_id = a.contact_id) AS x;
-- By the copy's own function: uncapped, the points of kinds count three times instead of twice.
SELECT a.rule, count(*), round(sum(a.contribution)::numeric, 6) AS original, round(sum(c.contribution)::numeric, 6) AS copied
FROM (SELECT e.rule, sum(e.contribution) AS contribution FROM t1.contact AS l CROSS JOIN LATERAL t1.contact_explain('engagement', l.id) AS e GROUP BY 1) AS a
JOIN (SELECT e.rule, sum(e.contribution) AS contribution FROM "Tenant ""2""".contact AS l CROSS JOIN LATERAL "Tenant ""2""".contact_explain('engagement', l.id) AS e GROUP BY 1) AS c USING (rule)
WHERE a.rule <> 'caps' GROUP BY a.rule ORDER BY 1;
SELECT * FROM leadscore.verify('"Tenant ""2""".engagement');

-- Each kind of edit does what it says, and nothing else. What is looked at afterwards is rolled back.
CREATE FUNCTION edited(document jsonb, edits jsonb, look text DEFAULT NULL, drop_missing boolean DEFAULT true) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  wanted jsonb := document;
  e record;
  line text;
BEGIN
  FOR e IN SELECT * FROM jsonb_each(edits) LOOP
    wanted := CASE WHEN e.value = '"-"' THEN wanted #- e.key::text[] ELSE jsonb_set(wanted, e.key::text[], e.value, true) END;
  END LOOP;
  FOR line IN SELECT concat_ws(' ', i.action, i.kind, i.object) FROM leadscore.import_model(wanted, drop_missing => edited.drop_missing) AS i LOOP
    RETURN NEXT line;
  END LOOP;
  IF look IS NOT NULL THEN
    FOR line IN EXECUTE look LOOP
      RETURN NEXT '= ' || line;
    END LOOP;
  END IF;
  -- That was all that was to be done, and there is a way back.
  FOR line IN SELECT concat_ws(' ', i.action, i.kind, i.object) FROM leadscore.import_model(wanted, drop_missing => edited.drop_missing) AS i WHERE i.action <> 'extra' LOOP
    RETURN NEXT 'again: ' || line;
  END LOOP;
  IF drop_missing THEN
    PERFORM leadscore.import_model(document, drop_missing => true);
    IF leadscore.export_model(document ->> 'model') <> document THEN
      RETURN NEXT 'there is no way back';
    END IF;
  END IF;
  RAISE EXCEPTION 'enough';
EXCEPTION WHEN raise_exception THEN
  IF SQLERRM <> 'enough' THEN
    RAISE;
  END IF;
END $$;
SELECT edited(:'doc', '{}');
SELECT edited(:'doc', '{"{entities,account,filter}": "name <> ''''"}', $$SELECT filter FROM leadscore.entities WHERE model = 't1' AND entity = 'account'$$);
SELECT edited(:'doc', '{"{sources,activity,ahead}": "1 day", "{sources,mail,filter}": "size > 1"}');
SELECT edited(:'doc', '{"{sources,activity,time_zone}": "UTC"}', $$SELECT occurred_at FROM leadscore.sources WHERE model = 't1' AND source = 'activity'$$);
SELECT edited(:'doc', '{"{sources,mail,filter}": "size > 0", "{sources,mail,through}": ["t1.kind"], "{sources,mail,join_on}": "through.id = size"}',
              $$SELECT concat_ws(', ', points, filter) FROM leadscore.rules WHERE model = 't1' AND rule = 'mail'$$);
SELECT edited(:'doc', '{"{scores,engagement,decay}": "none", "{scores,engagement,max_points}": "-", "{scores,engagement,on_error}": "-", "{scores,total,description}": "All"}',
              $$SELECT concat_ws(', ', decay, min_points, max_points, on_error, description) FROM leadscore.scores WHERE model = 't1' AND score = 'engagement'$$);
SELECT edited(:'doc', '{"{scores,total,entities}": ["account", "contact"]}');
SELECT edited(:'doc', '{"{scores,engagement,bands,hot}": 60}');
SELECT edited(:'doc', '{"{scores,engagement,bands}": "-"}', $$SELECT DISTINCT coalesce(band, 'none') FROM t1.contact_engagement$$);
SELECT edited(:'doc', '{"{scores,total,bands}": {"all": null}}', $$SELECT DISTINCT band FROM t1.contact_total$$);
SELECT edited(:'doc', '{"{scores,engagement,rules,mail,filter}": "-", "{scores,engagement,rules,mail,max_points}": 3}',
              $$SELECT concat_ws(', ', points, filter, max_points) FROM leadscore.rules WHERE model = 't1' AND rule = 'mail'$$);
SELECT edited(:'doc', '{"{grades,0,letters,A}": 4, "{grades,0,fit_score}": "engagement"}', $$SELECT concat_ws(', ', fit_score, letters) FROM leadscore.grades WHERE model = 't1'$$);
SELECT edited(:'doc', '{"{grades,0,grade}": "Other"}', $$SELECT string_agg(DISTINCT "Other", ' ') FROM t1.contact_scores$$);
SELECT edited(:'doc', '{"{grades,0}": "-"}');
SELECT edited(:'doc', '{"{scores,engagement,criteria,once,filter}": "-", "{scores,engagement,criteria,since,decay}": "-", "{scores,engagement,criteria,since,occurred_at}": "-"}',
              $$SELECT concat_ws(', ', criterion, points, filter, decay, occurred_at, once, max_points) FROM leadscore.criteria WHERE model = 't1' ORDER BY 1$$);
SELECT edited(:'doc', '{"{scores,total,criteria,named,entity}": "account", "{scores,total,entities}": ["account", "contact"]}', $$SELECT entity FROM leadscore.criteria WHERE model = 't1' AND criterion = 'named'$$);
SELECT edited(:'doc', '{"{scores,total,criteria,named}": "-", "{scores,total,criteria,other}": {"entity": "contact", "points": "1"}}');
SELECT edited(:'doc', '{"{scores,engagement,criteria,once,filter}": "name>''a''", "{scores,engagement,criteria,since,points}": " 2 ", "{scores,total,criteria,named,decay}": "none"}');
SELECT edited(:'doc', '{"{scores,total,criteria,named,entity}": "lead"}');
-- As it is, written in another way.
SELECT edited(:'doc', '{"{scores,engagement,rules,mail,filter}": " size<15 ", "{scores,engagement,rules,mail,max_points}": null, "{scores,engagement,entities}": ["contact", "Lead ä"],
                        "{scores,total,decay}": "none", "{scores,total,rules,any,points}": " 1", "{sources,activity,ahead}": "2 days", "{entities,account,key}": "id"}');
SELECT edited(:'doc', '{"{scores,engagement,rules,mail,source}": "activity", "{scores,engagement,rules,mail,points}": "2", "{scores,engagement,rules,mail,filter}": "-"}');
SELECT edited(:'doc', '{"{scores,engagement,rules,new}": {"source": "mail", "points": "1"}, "{scores,new}": {"entities": ["contact"], "rules": {"any": {"source": "activity", "points": "1"}}}}');
SELECT edited(:'doc', '{"{scores,engagement,rollups,0,key}": "\"Account\" + 1"}');
SELECT edited(:'doc', '{"{scores,engagement,rollups,0}": "-"}');
-- A link that changes is replaced; the others of the two stay.
SELECT l ->> 'key' AS key, n - 1 AS number FROM jsonb_array_elements((:'doc')::jsonb -> 'links') WITH ORDINALITY AS l(l, n) ORDER BY n;
SELECT edited(:'doc', '{"{links,3,filter}": "NOT through.present"}', $$SELECT concat_ws(', ', key, filter) FROM leadscore.links WHERE model = 't1' AND entity = 'contact' ORDER BY key$$);
SELECT id AS link FROM leadscore_internal.link WHERE key LIKE '%unnest%' AND source IN (SELECT id FROM leadscore_internal.source WHERE model = 't1') \gset
SELECT edited(:'doc', '{"{links,3,filter}": "NOT through.present"}', 'SELECT count(*) FROM leadscore_internal.link WHERE id = ' || :link);
SELECT edited(:'doc', '{"{links,3}": "-"}');
SELECT edited(:'doc', '{"{links,1}": "-"}');
SELECT score, edited FROM leadscore.scores WHERE model = 't1' ORDER BY score;
-- Not in the document: it stays, and is named, or goes.
SELECT edited(:'doc', '{"{scores,engagement,rules,mail}": "-", "{links,1}": "-", "{scores,total}": "-", "{grades}": "-", "{scores,engagement,rollups,1}": "-", "{scores,engagement,entities}": ["Lead ä"]}',
              $$SELECT concat_ws(' ', score, entities, edited) FROM leadscore.scores WHERE model = 't1' ORDER BY 1$$, drop_missing => false);
BEGIN;
SELECT * FROM leadscore.import_model((:'doc'::jsonb #- '{scores,engagement,rules,mail}') #- '{links,1}' #- '{scores,total}' #- '{grades}' #- '{sources,mail}' #- '{scores,engagement,rollups,1}',
                                     drop_missing => true);
SELECT to_regclass('t1.contact_total') AS dropped_view;
-- What is published still needs the source.
CALL leadscore.publish('t1.engagement');
SELECT * FROM leadscore.import_model(leadscore.export_model('t1') #- '{sources,mail}', drop_missing => true);
SELECT * FROM leadscore.verify('t1.engagement');
ROLLBACK;
-- A grade of a score that goes, by another.
BEGIN;
SELECT * FROM leadscore.import_model(jsonb_set(:'doc'::jsonb #- '{scores,total}', '{grades,0,fit_score}', '"engagement"'), drop_missing => true);
ROLLBACK;
-- A document is meant as a whole: rules, links and roll-ups that change together with their table.
BEGIN;
CREATE TABLE t1.letter (letter_id int, whose text, sent_at timestamptz, pages int);
SELECT * FROM leadscore.import_model(jsonb_set(jsonb_set(jsonb_set(:'doc', '{sources,mail}', '{"relation": "t1.letter", "occurred_at": "sent_at"}'),
  '{links,1}', '{"source": "mail", "entity": "Lead ä", "key": "whose"}'), '{scores,engagement,rules,mail}', '{"source": "mail", "points": "pages"}'));
SELECT relation, occurred_at, time_zone FROM leadscore.sources WHERE model = 't1' AND source = 'mail';
SELECT key, filter FROM leadscore.links WHERE model = 't1' AND source = 'mail';
INSERT INTO t1.letter VALUES (1, 'l1', '2026-03-01', 400000);
CALL leadscore.publish('t1.engagement');
SELECT points > 400000 AS counted FROM t1."Lead ä_engagement" WHERE "Lead ä_id" = 'l1';
ROLLBACK;
BEGIN;
SELECT leadscore.create_score('t1.draft', '{"\"Lead ä\""}');
SELECT leadscore.create_rollup('t1.draft', 'account', '"Lead ä"', '"Account"');
SELECT leadscore.drop_grade('t1."Grade"', 'contact');
SELECT leadscore.drop_score('t1.engagement');
CREATE TABLE t1.person ("the key" text, company int, active boolean);
SELECT leadscore.export_model('t1') AS draft \gset
SELECT * FROM leadscore.import_model(jsonb_set(jsonb_set(:'draft', '{entities,Lead ä,relation}', '"t1.person"'), '{scores,draft,rollups,0,key}', '"company"'));
ROLLBACK;

-- A retired score is not in it, and comes back when it is.
BEGIN;
CALL leadscore.retire('t1.total');
SELECT leadscore.export_model('t1') -> 'scores' ? 'total' AS exported;
SELECT edited(leadscore.export_model('t1'), '{}');
SELECT * FROM leadscore.import_model(:'doc');
SELECT * FROM leadscore.import_model(jsonb_set(:'doc', '{scores,total,decay}', '"window(1 day)"'));
SELECT * FROM leadscore.import_model(leadscore.export_model('t1'), drop_missing => true);
CALL leadscore.publish('t1.total');
SELECT leadscore.export_model('t1') #> '{scores,total,decay}' AS decay;
ROLLBACK;

-- Schemas of tables: a model beside the CRM.
CREATE SCHEMA model; CREATE SCHEMA beside;
SELECT (:'doc'::jsonb || '{"model": "model"}') AS doc2 \gset
SELECT count(*) FROM leadscore.import_model(:'doc2');
SELECT leadscore.export_model('model') || '{"model": "t1"}' = :'doc' AS same;
SELECT count(*) FROM leadscore.import_model(:'doc2', "into" => 'beside', tables => '{"t1": "Tenant \"2\""}');
SELECT leadscore.export_model('beside') || '{"model": "Tenant \"2\""}' = :'copy' AS same;
SELECT leadscore.import_model(:'doc2', tables => '{"t2": "beside"}');
SELECT leadscore.import_model(:'doc2', tables => '{"t1": "nowhere"}');
SELECT leadscore.import_model(:'doc2', tables => '{"leadscore": "t1"}');
-- Missing tables, functions and types are errors, never those of the original; what is part of an extension is for all.
CREATE SCHEMA bare;
SELECT leadscore.import_model(:'doc', "into" => 'bare');
BEGIN;
CREATE SCHEMA other;
DROP FUNCTION "Tenant ""2""".worth(int);
\set VERBOSITY terse
SELECT leadscore.import_model(:'doc2', "into" => 'other', tables => '{"t1": "Tenant \"2\""}');
\set VERBOSITY default
ROLLBACK;
BEGIN;
ALTER EXTENSION pg_leadscore ADD FUNCTION t1.worth(int);
SELECT * FROM leadscore.import_model(:'doc2', "into" => 'beside', tables => '{"t1": "Tenant \"2\""}');
SELECT points FROM leadscore.rules WHERE model = 'beside' AND rule = 'by kind';
ROLLBACK;
SELECT leadscore.import_model(jsonb_set(:'doc', '{scores,engagement,rules,mail,filter}', $$"(to_tsvector('t1.english'::regconfig, id::text) IS NOT NULL)"$$), "into" => 'Tenant "2"');
SELECT leadscore_internal.mapped_expression($$ t1.f("T1".g(x), 't1.f') OPERATOR("t1".+) 'a'::t1.ü_type[] || T1 . é() COLLATE t1."c" || t1.tab.col || t1.x || (y AT TIME ZONE 'UTC')::t1.d(3) $$,
                                            '{"t1": "new one", "T1": "x"}');

-- Errors say where. Nothing is done.
SELECT leadscore.import_model(NULL);
SELECT leadscore.import_model('[]');
SELECT leadscore.import_model('{}');
SELECT leadscore.import_model('{"pg_leadscore": 2}');
SELECT leadscore.import_model('{"pg_leadscore": 1, "model": 1}');
SELECT leadscore.import_model('{"pg_leadscore": 1, "model": "nowhere"}');
SELECT leadscore.import_model('{"pg_leadscore": 1, "model": "t1", "rules": {}}');
SELECT leadscore.import_model('{"pg_leadscore": 1, "model": "t1", "scores": []}');
SELECT leadscore.import_model('{"pg_leadscore": 1, "model": "t1", "links": [1]}');
SELECT leadscore.import_model('{"pg_leadscore": 1, "model": "t1", "links": [{"source": "mail", "entity": "contact"}]}');
SELECT leadscore.import_model('{"pg_leadscore": 1, "model": "t1", "entities": {"a.b": {"relation": null}}}');
SELECT leadscore.import_model('{"pg_leadscore": 1, "model": "t1", "entities": {"a.b": {"relation": "mail"}}}');
SELECT leadscore.import_model('{"pg_leadscore": 1, "model": "t1", "entities": {"a": {"relation": "t1.nothing"}}}');
SELECT leadscore.import_model('{"pg_leadscore": 1, "model": "t1", "entities": {"": {"relation": "t1.mail"}}}');
SELECT edited(:'doc', '{"{scores,engagement,rules,mail,filtr}": "true"}');
SELECT edited(:'doc', '{"{scores,engagement,rules,mail,points}": 5}');
SELECT edited(:'doc', '{"{scores,engagement,rules,mail,points}": "-"}');
SELECT edited(:'doc', '{"{scores,engagement,rules,mail,source}": "letters"}');
SELECT edited(:'doc', '{"{scores,engagement,rules}": "many"}');
SELECT edited(:'doc', '{"{scores,engagement,max_points}": "5"}');
SELECT edited(:'doc', '{"{scores,engagement,entities}": ["lead"]}');
SELECT edited(:'doc', '{"{scores,engagement,entities,0}": 1}');
SELECT edited(:'doc', '{"{scores,engagement,based_on}": "total"}');
SELECT edited(:'doc', '{"{scores,engagement,bands}": {"hot": "very"}}');
SELECT edited(:'doc', '{"{scores,total,entities}": []}');
\set VERBOSITY terse
SELECT edited(:'doc', '{"{scores,engagement,rules,mail,filter}": "sise > 1"}');
SELECT edited(:'doc', '{"{scores,engagement,rules,mail,filter}": "size >"}');
SELECT edited(:'doc', '{"{scores,engagement,rules,mail,points}": "worth(1)"}');
SELECT edited(:'doc', '{"{scores,engagement,decay}": "quick"}');
SELECT edited(:'doc', '{"{entities,account,filter}": "name <> ''''", "{scores,total,rules,any,filter}": "nothing"}');
\set VERBOSITY default
SELECT * FROM leadscore.import_model(:'doc');
SELECT leadscore.export_model('nothing');

-- Rights are those of the caller: what changes must stand on the caller's tables.
GRANT USAGE, CREATE ON SCHEMA t1, "Tenant ""2""" TO regress_leadscore_other;
SET ROLE regress_leadscore_other;
SELECT leadscore.export_model('t1') = :'doc' AS same;
SELECT leadscore.import_model(:'doc');
SELECT edited(:'doc', '{"{entities,account,filter}": "true"}');
SELECT edited(:'doc', '{"{sources,activity,ahead}": "1 day"}');
SELECT edited(:'doc', '{"{links,0,filter}": "true"}');
SELECT edited(:'doc', '{"{links,2}": "-"}');
SELECT edited(:'doc', '{"{scores,engagement,rules,mail,points}": "2"}');
SELECT edited(:'doc', '{"{scores,engagement,rules,mail}": "-"}');
SELECT edited(:'doc', '{"{scores,engagement,rollups,0,key}": "2"}');
SELECT leadscore.import_model('{"pg_leadscore": 1, "model": "t1"}', dry_run => true) LIMIT 1;
-- Which of them is refused first does not matter.
\set VERBOSITY sqlstate
SELECT leadscore.import_model('{"pg_leadscore": 1, "model": "t1"}', drop_missing => true);
\set VERBOSITY default
SELECT leadscore.import_model(:'doc', "into" => 'beside', tables => '{"t1": "Tenant \"2\""}');
RESET ROLE;
SELECT leadscore.export_model('t1') = :'doc' AS same;
-- An owner who is nobody special.
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_leadscore_other', current_database()); END $$;
SET ROLE regress_leadscore_other;
SELECT make_crm('t3', 2);
SELECT count(*) FROM leadscore.import_model(:'doc', "into" => 't3');
CALL leadscore.publish('t3.total');
CALL leadscore.publish('t3.engagement');
SELECT * FROM leadscore.import_model(:'doc', "into" => 't3');
RESET ROLE;
SELECT count(*), sum(abs(a.points - c.points)) FROM t1.account_engagement AS a JOIN t3.account_engagement AS c USING (account_id);
SELECT count(*), sum(abs(a.points - c.points)) FROM t1."Lead ä_engagement" AS a JOIN t3."Lead ä_engagement" AS c USING ("Lead ä_id");
DO $$ BEGIN EXECUTE format('REVOKE CREATE ON DATABASE %I FROM regress_leadscore_other', current_database()); END $$;

-- A new argument of a create_ function is in the document, or here is said why not.
SELECT p.proname, a.name
FROM pg_proc AS p CROSS JOIN LATERAL unnest(p.proargnames) AS a(name)
LEFT JOIN leadscore_internal.document_kind AS k ON p.proname = 'create_' || k.kind
WHERE p.pronamespace = 'leadscore'::regnamespace AND p.proname LIKE 'create\_%' AND a.name NOT IN ('if_not_exists', 'based_on')
  AND NOT EXISTS (SELECT FROM pg_attribute AS c WHERE c.attrelid = to_regclass('leadscore.' || k.section) AND c.attname = a.name);
SELECT k.kind, d.key FROM leadscore_internal.document_kind AS k CROSS JOIN LATERAL leadscore_internal.document_keys(k.kind) AS d
WHERE d.fallback IS NULL OR d.key NOT IN (SELECT unnest(p.proargnames) FROM pg_proc AS p WHERE p.pronamespace = 'leadscore'::regnamespace AND p.proname = 'alter_' || k.kind)
ORDER BY k.step, d.key;
-- A function of the same name is not taken for ours.
BEGIN;
CREATE FUNCTION leadscore.create_rule(score text, "more" text DEFAULT 1 / 0) RETURNS void LANGUAGE sql AS 'SELECT';
SELECT edited(:'doc', '{"{scores,total,rules,any,points}": "2"}');
ROLLBACK;
-- A table that is no more.
BEGIN;
DROP TABLE t1.mail;
SELECT leadscore.export_model('t1');
ROLLBACK;

SELECT leadscore.drop_all();
DROP SCHEMA t1, t3, "Tenant ""2""", model, beside, bare CASCADE;
DROP FUNCTION edited, make_crm;
DROP ROLE regress_leadscore_other;
