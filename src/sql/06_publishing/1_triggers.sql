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

-- After alter_source(), also the one that was published.
CREATE FUNCTION leadscore_internal.tables_of_source(source leadscore_internal.source) RETURNS SETOF regclass
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.members(source.relation)
  UNION
  SELECT leadscore_internal.members(b.relation) FROM leadscore_internal.branch AS b WHERE b.source = source.id
  UNION
  SELECT t.tgrelid::regclass FROM pg_trigger AS t
  WHERE t.tgfoid = 'leadscore_internal.capture'::regproc AND starts_with(t.tgname::text, leadscore_internal.trigger_prefix(source.id))
  ORDER BY 1
$$;
COMMENT ON FUNCTION leadscore_internal.tables_of_source(leadscore_internal.source) IS 'The tables of a source with their partitions and children: as it is set up, as it is published, and those with triggers of it.';

CREATE FUNCTION leadscore_internal.is_followed(source int, relation regclass) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM leadscore_internal.branch AS b JOIN leadscore_internal.component AS c ON c.id = b.component
                 JOIN leadscore_internal.score AS s ON s.id = c.score
                 WHERE b.source = is_followed.source AND (s.state = 'live' OR c.building)
                   AND is_followed.relation IN (SELECT leadscore_internal.members(b.relation)))
$$;
COMMENT ON FUNCTION leadscore_internal.is_followed(int, regclass) IS 'Whether the rows of a table, or partition or child, are activities of the source for a score that is live or being published.';

-- Sources that no live score reads need no triggers.
CREATE FUNCTION leadscore_internal.adjust_triggers(sources int[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  item record;
BEGIN
  FOR item IN
    SELECT s.id AS source, t.relation FROM leadscore_internal.source AS s
    CROSS JOIN LATERAL leadscore_internal.tables_of_source(s) AS t(relation) WHERE s.id = ANY (sources) ORDER BY s.id, t.relation
  LOOP
    IF leadscore_internal.is_followed(item.source, item.relation) THEN
      PERFORM leadscore_internal.install_triggers(item.relation, leadscore_internal.trigger_prefix(item.source),
                                                  format('leadscore_internal.capture(%s)', item.source));
      PERFORM leadscore_internal.forget_program(item.relation);
    ELSE
      PERFORM leadscore_internal.remove_triggers(item.relation, leadscore_internal.trigger_prefix(item.source));
    END IF;
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
    ELSIF item.wanted THEN
      PERFORM leadscore_internal.forget_program(item.relation);
    ELSIF item.installed THEN
      PERFORM leadscore_internal.remove_triggers(item.relation, leadscore_internal.mark_trigger_prefix());
    END IF;
  END LOOP;
  PERFORM leadscore_internal.remember_parts();
END
$$;
COMMENT ON FUNCTION leadscore_internal.adjust_mark_triggers() IS 'Installs or removes the triggers that mark, as what is published needs them.';
