-- create_source: which tables are activities.

CREATE FUNCTION leadscore_internal.canonical_time(relation regclass, occurred_at text, time_zone text, role text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  type_of_time regtype := leadscore_internal.expression_type(relation, occurred_at, role);
  expression text;
BEGIN
  IF type_of_time = 'timestamptz'::regtype THEN
    IF time_zone IS NOT NULL THEN
      RAISE EXCEPTION 'time_zone is for times without a zone, but % is timestamp with time zone', occurred_at
        USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave time_zone out.';
    END IF;
    RETURN leadscore_internal.canonical_expression(relation, occurred_at, 'timestamptz', role);
  ELSIF type_of_time NOT IN ('timestamp'::regtype, 'date'::regtype) THEN
    RAISE EXCEPTION '% must be a date or a time, not %: %', role, type_of_time, occurred_at
      USING ERRCODE = 'datatype_mismatch', HINT = 'Give a column or expression of type timestamptz, timestamp or date.';
  ELSIF time_zone IS NULL THEN
    RAISE EXCEPTION '% has no time zone: %', role, occurred_at
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Say in which zone it is meant, for example time_zone => ''UTC''. The session''s zone must not decide it.';
  ELSIF NOT EXISTS (SELECT FROM pg_timezone_names AS z WHERE lower(z.name) = lower(time_zone)) THEN
    RAISE EXCEPTION 'time zone "%" is not known', time_zone
      USING ERRCODE = 'invalid_parameter_value', HINT = 'pg_timezone_names lists the zones.';
  END IF;
  -- As text, because the columns in it are looked up in the caller's search_path.
  expression := format('((%s)::timestamp without time zone AT TIME ZONE %L)',
                       leadscore_internal.canonical_expression(relation, occurred_at, type_of_time, role), time_zone);
  RETURN leadscore_internal.canonical_expression(relation, expression, 'timestamptz', role);
END
$$;
COMMENT ON FUNCTION leadscore_internal.canonical_time(regclass, text, text, text) IS
  'A checked expression for when an activity occurred, as timestamptz; a date is its first instant in the zone.';

CREATE FUNCTION leadscore_internal.checked_source(source leadscore_internal.source) RETURNS leadscore_internal.source
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.check_table(source.relation, 'source');
  PERFORM leadscore_internal.check_owner(source.relation);
  IF source.occurred_at IS NULL THEN
    RAISE EXCEPTION 'source "%" needs a time: the argument occurred_at', source.name
      USING ERRCODE = 'null_value_not_allowed',
            HINT = 'When an activity was completed cannot be guessed from an update; it must stand in its row.';
  END IF;
  source.occurred_at := leadscore_internal.canonical_time(source.relation, source.occurred_at, source.time_zone,
                                                          format('occurred_at of source "%s"', source.name));
  source.filter := leadscore_internal.canonical_filter(source.relation, source.filter, format('filter of source "%s"', source.name));
  RETURN source;
END
$$;
COMMENT ON FUNCTION leadscore_internal.checked_source(leadscore_internal.source) IS 'A source as it is given, checked; its expressions canonical.';

CREATE FUNCTION leadscore_internal.create_source(source text, relation regclass, occurred_at text, filter text, time_zone text,
                                                 if_not_exists boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(source, 'source');
  made leadscore_internal.source;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  IF EXISTS (SELECT FROM leadscore_internal.source AS s WHERE s.model = named.model AND s.name = named.name) THEN
    PERFORM leadscore_internal.existing(format('source "%s.%s"', named.model, named.name), if_not_exists);
    RETURN;
  END IF;
  made.model := named.model;
  made.name := named.name;
  made.relation := relation;
  made.occurred_at := occurred_at;
  made.time_zone := time_zone;
  made.filter := filter;
  made := leadscore_internal.checked_source(made);
  INSERT INTO leadscore_internal.source (model, name, relation, occurred_at, time_zone, filter)
  VALUES (made.model, made.name, made.relation, made.occurred_at, made.time_zone, made.filter);
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_source(text, regclass, text, text, text, boolean) IS 'Implementation of leadscore.create_source.';

CREATE FUNCTION leadscore.create_source(source text, relation regclass, occurred_at text, filter text DEFAULT NULL,
                                        time_zone text DEFAULT NULL, if_not_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.create_source(text, regclass, text, text, text, boolean) IS
  'Makes the rows of a table activities. occurred_at: an expression on the row, NULL or infinity for no event; timestamp and date need time_zone; filter: which rows count. The caller must own the table.';
