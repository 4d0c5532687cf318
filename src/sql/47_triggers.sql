-- The triggers on the tables of the CRM: what they call, and on which tables they are wanted.

CREATE FUNCTION leadscore_internal.capture() RETURNS trigger
  AS 'MODULE_PATHNAME', 'leadscore_capture' LANGUAGE C;
COMMENT ON FUNCTION leadscore_internal.capture() IS
  'Trigger on the table of a source: appends what a statement changed. Its argument is the number of the source.';

CREATE FUNCTION leadscore_internal.capture_marks() RETURNS trigger
  AS 'MODULE_PATHNAME', 'leadscore_capture_marks' LANGUAGE C;
COMMENT ON FUNCTION leadscore_internal.capture_marks() IS
  'Trigger on a table that decides for whom activities of other rows count: marks the entities that changed rows lead to.';

CREATE FUNCTION leadscore_internal.forget_program(relation regclass) RETURNS void
  AS 'MODULE_PATHNAME', 'leadscore_forget_program' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.forget_program(regclass) IS 'At commit, every session compiles the rules on the table anew.';

-- Names sort before those of the CRM's own triggers, so that what those do comes after.
CREATE FUNCTION leadscore_internal.trigger_prefix(source int) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT format('!leadscore_%s_', source) $$;
COMMENT ON FUNCTION leadscore_internal.trigger_prefix(int) IS 'How the names of the triggers of a source begin; the event follows.';

CREATE FUNCTION leadscore_internal.mark_trigger_prefix() RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT '!leadscore_marks_' $$;
COMMENT ON FUNCTION leadscore_internal.mark_trigger_prefix() IS 'How the names of the triggers that mark begin; the event follows.';

CREATE FUNCTION leadscore_internal.install_triggers(relation regclass, prefix text, call text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  kind record;
BEGIN
  FOR kind IN
    SELECT * FROM (VALUES ('insert', 'REFERENCING NEW TABLE AS leadscore_added'),
                          ('update', 'REFERENCING OLD TABLE AS leadscore_removed NEW TABLE AS leadscore_added'),
                          ('delete', 'REFERENCING OLD TABLE AS leadscore_removed'),
                          ('truncate', '')) AS v(event, tables)
  LOOP
    IF NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = relation AND t.tgname = prefix || kind.event) THEN
      EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION %s',
                     prefix || kind.event, kind.event, relation, kind.tables, call);
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.install_triggers(regclass, text, text) IS 'Makes the triggers that capture what happens to a table.';

CREATE FUNCTION leadscore_internal.remove_triggers(relation regclass, prefix text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  event text;
BEGIN
  FOREACH event IN ARRAY '{insert,update,delete,truncate}'::text[] LOOP
    IF EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = relation AND t.tgname = prefix || event) THEN
      EXECUTE format('DROP TRIGGER %I ON %s', prefix || event, relation);
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.remove_triggers(regclass, text) IS 'Drops the triggers that capture what happens to a table.';

CREATE FUNCTION leadscore_internal.remove_source_triggers(source int, but regclass[] DEFAULT '{}') RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.remove_triggers(x.relation, leadscore_internal.trigger_prefix(source))
  FROM (SELECT DISTINCT t.tgrelid::regclass AS relation FROM pg_trigger AS t
        WHERE t.tgfoid = 'leadscore_internal.capture'::regproc AND starts_with(t.tgname, leadscore_internal.trigger_prefix(source))
        ORDER BY 1) AS x
  WHERE x.relation::oid <> ALL (but::oid[])
$$;
COMMENT ON FUNCTION leadscore_internal.remove_source_triggers(int, regclass[]) IS
  'Drops the triggers of a source from all tables that carry them, but for some.';

-- Sources that no live score reads need no triggers.
CREATE FUNCTION leadscore_internal.adjust_triggers(sources int[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  src leadscore_internal.source;
  wanted regclass[];
  member regclass;
BEGIN
  FOR src IN SELECT * FROM leadscore_internal.source AS s WHERE s.id = ANY (sources) ORDER BY s.id LOOP
    wanted := ARRAY(
      SELECT m FROM leadscore_internal.members(src.relation) AS m
      WHERE EXISTS (SELECT FROM leadscore_internal.branch AS b JOIN leadscore_internal.component AS c ON c.id = b.component
                    JOIN leadscore_internal.score AS s ON s.id = c.score WHERE b.source = src.id AND (s.state = 'live' OR c.building)) ORDER BY m);
    PERFORM leadscore_internal.remove_source_triggers(src.id, wanted);
    FOREACH member IN ARRAY wanted LOOP
      PERFORM leadscore_internal.install_triggers(member, leadscore_internal.trigger_prefix(src.id),
                                                  format('leadscore_internal.capture(%s)', src.id));
      PERFORM leadscore_internal.forget_program(member);
    END LOOP;
  END LOOP;
  PERFORM leadscore_internal.adjust_mark_triggers();
END
$$;
COMMENT ON FUNCTION leadscore_internal.adjust_triggers(int[]) IS 'Installs or removes the triggers of sources as what is published needs them.';

CREATE FUNCTION leadscore_internal.adjust_mark_triggers() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  item record;
BEGIN
  FOR item IN
    SELECT coalesce(w.relation, t.relation) AS relation, w.relation IS NOT NULL AS wanted, t.relation IS NOT NULL AS installed
    FROM (SELECT DISTINCT member AS relation FROM leadscore_internal.watch AS x
          JOIN leadscore_internal.component AS c ON c.id = x.component JOIN leadscore_internal.score AS s ON s.id = c.score
          CROSS JOIN LATERAL leadscore_internal.members(x.relation) AS member
          WHERE s.state = 'live' OR c.building) AS w
    FULL JOIN (SELECT DISTINCT x.tgrelid::regclass AS relation FROM pg_trigger AS x
               WHERE x.tgfoid = 'leadscore_internal.capture_marks'::regproc) AS t ON t.relation = w.relation
    ORDER BY 1
  LOOP
    IF item.wanted AND NOT item.installed THEN
      PERFORM leadscore_internal.install_triggers(item.relation, leadscore_internal.mark_trigger_prefix(), 'leadscore_internal.capture_marks()');
    ELSIF item.installed AND NOT item.wanted THEN
      PERFORM leadscore_internal.remove_triggers(item.relation, leadscore_internal.mark_trigger_prefix());
    END IF;
  END LOOP;
  PERFORM leadscore_internal.remember_parts();
END
$$;
COMMENT ON FUNCTION leadscore_internal.adjust_mark_triggers() IS 'Installs or removes the triggers that mark, as what is published needs them.';
