-- create_source: which tables are activities.

-- Tables that are joined to a row: none is NULL.
CREATE FUNCTION leadscore_internal.checked_through(through regclass[], join_on text, what text, example text) RETURNS regclass[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  joined regclass;
BEGIN
  IF (coalesce(cardinality(through), 0) = 0) <> (join_on IS NULL) THEN
    RAISE EXCEPTION 'through and join_on belong together' USING ERRCODE = 'invalid_parameter_value', HINT = format('For example %s.', example);
  ELSIF cardinality(through) > 8 THEN
    RAISE EXCEPTION '% goes through 8 tables at most, not %', what, cardinality(through) USING ERRCODE = 'program_limit_exceeded';
  END IF;
  FOREACH joined IN ARRAY coalesce(through, '{}') LOOP
    PERFORM leadscore_internal.check_table(joined, CASE what WHEN 'a roll-up' THEN 'entity' ELSE 'source' END);
    PERFORM leadscore_internal.check_owner(joined);
  END LOOP;
  RETURN CASE WHEN cardinality(through) > 0 THEN through END;
END
$$;
COMMENT ON FUNCTION leadscore_internal.checked_through(regclass[], text, text, text) IS 'Refuses tables that cannot be joined, or are not the caller''s.';

-- A day is 24 hours; stored as hours, because adding days would go by the time zone of the session.
CREATE FUNCTION leadscore_internal.checked_ahead(ahead interval, role text) RETURNS interval
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fixed interval;
BEGIN
  IF ahead IS NULL OR NOT isfinite(ahead) THEN
    RAISE EXCEPTION '% must be a span of time, not %', role, coalesce(ahead::text, 'null') USING ERRCODE = 'invalid_parameter_value', HINT = 'For example ''2 days''.';
  ELSIF extract(year FROM ahead) <> 0 OR extract(month FROM ahead) <> 0 THEN
    RAISE EXCEPTION '% has no fixed length: %', role, ahead USING ERRCODE = 'invalid_parameter_value', HINT = 'Give days: 30 days instead of 1 month.';
  END IF;
  fixed := make_interval(hours => 24 * extract(day FROM ahead)::int) + (ahead - make_interval(days => extract(day FROM ahead)::int));
  IF fixed < interval '0' OR fixed > interval '876600 hours' THEN
    RAISE EXCEPTION '% must be from 0 to 36525 days, not %', role, ahead USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN fixed;
END
$$;
COMMENT ON FUNCTION leadscore_internal.checked_ahead(interval, text) IS 'A span of fixed length, or an error.';

CREATE FUNCTION leadscore_internal.canonical_time(relation regclass, occurred_at text, time_zone text, role text, through regclass[] DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  type_of_time regtype := leadscore_internal.expression_type(relation, occurred_at, role, through);
  expression text;
BEGIN
  IF type_of_time = 'timestamptz'::regtype THEN
    IF time_zone IS NOT NULL THEN
      RAISE EXCEPTION 'time_zone is for times without a zone, but % is timestamp with time zone', occurred_at
        USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave time_zone out.';
    END IF;
    RETURN leadscore_internal.canonical_expression(relation, occurred_at, 'timestamptz', role, through);
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
                       leadscore_internal.canonical_expression(relation, occurred_at, type_of_time, role, through), time_zone);
  RETURN leadscore_internal.canonical_expression(relation, expression, 'timestamptz', role, through);
END
$$;
COMMENT ON FUNCTION leadscore_internal.canonical_time(regclass, text, text, text, regclass[]) IS
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
  source.through := leadscore_internal.checked_through(source.through, source.join_on, 'a source', $example$through => '{crm.kind}', join_on => 'through.id = source.kind_id'$example$);
  source.occurred_at := leadscore_internal.canonical_time(source.relation, source.occurred_at, source.time_zone,
                                                          format('occurred_at of source "%s"', source.name), source.through);
  source.filter := leadscore_internal.canonical_expression(source.relation, source.filter, 'boolean', format('filter of source "%s"', source.name), source.through);
  source.join_on := leadscore_internal.canonical_expression(source.relation, source.join_on, 'boolean', format('join_on of source "%s"', source.name), source.through);
  source.ahead := leadscore_internal.checked_ahead(source.ahead, format('ahead of source "%s"', source.name));
  RETURN source;
END
$$;
COMMENT ON FUNCTION leadscore_internal.checked_source(leadscore_internal.source) IS 'A source as it is given, checked; its expressions canonical.';

CREATE FUNCTION leadscore_internal.create_source(source text, relation regclass, occurred_at text, filter text, time_zone text,
                                                 through regclass[], join_on text, ahead interval, if_not_exists boolean)
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
  made.through := through;
  made.join_on := join_on;
  made.ahead := ahead;
  made := leadscore_internal.checked_source(made);
  INSERT INTO leadscore_internal.source (model, name, relation, occurred_at, time_zone, filter, through, join_on, ahead)
  VALUES (made.model, made.name, made.relation, made.occurred_at, made.time_zone, made.filter, made.through, made.join_on, made.ahead);
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_source(text, regclass, text, text, text, regclass[], text, interval, boolean) IS 'Implementation of leadscore.create_source.';

CREATE FUNCTION leadscore.create_source(source text, relation regclass, occurred_at text, filter text DEFAULT NULL,
                                        time_zone text DEFAULT NULL, through regclass[] DEFAULT NULL, join_on text DEFAULT NULL,
                                        ahead interval DEFAULT '0', if_not_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.create_source(text, regclass, text, text, text, regclass[], text, interval, boolean) IS
  'Makes the rows of a table activities. occurred_at: an expression on the row, NULL or infinity for no event; timestamp and date need time_zone; filter: which rows count; through, join_on: lookup tables whose columns these expressions and those of the rules may use, called through (or through1, through2, …), and how they join the activity, called source: an activity without such a row has NULLs; ahead: activities stamped up to so far in the future count as if now. The caller must own these tables.';
