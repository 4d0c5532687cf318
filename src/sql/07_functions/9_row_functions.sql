-- Row functions: SELECT l.name, leadscore.engagement(l) FROM crm.lead AS l. Named as the score, for each table of its
-- entities, made by publish and dropped with the views.

-- Ours have a comment that begins like this; of another function of the same name we keep our hands off.
CREATE FUNCTION leadscore_internal.row_functions(score leadscore_internal.score) RETURNS SETOF regprocedure
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT p.oid FROM pg_proc AS p
  WHERE p.pronamespace = quote_ident(score.model)::regnamespace AND p.proname = score.name AND p.pronargs = 1
    AND obj_description(p.oid, 'pg_proc') LIKE 'pg\_leadscore: points %' ORDER BY p.oid
$$;
COMMENT ON FUNCTION leadscore_internal.row_functions(leadscore_internal.score) IS 'The row functions that a score has.';

CREATE FUNCTION leadscore_internal.make_row_functions(score leadscore_internal.score) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  made record;
  function_name text;
  stale regprocedure;
BEGIN
  FOR stale IN
    SELECT p.oid FROM leadscore_internal.row_functions(score) AS ours JOIN pg_proc AS p ON p.oid = ours
    WHERE p.proargtypes[0] <> ALL (ARRAY(SELECT c.reltype FROM leadscore_internal.entity AS e JOIN pg_class AS c ON c.oid = e.relation
                                         WHERE e.id = ANY (leadscore_internal.published_entities(score.id))))
  LOOP
    PERFORM leadscore_internal.drop_made('FUNCTION', stale::text);
  END LOOP;
  FOR made IN
    -- A table may hold several entities: the points are those of the first that the row is.
    SELECT e.relation, string_agg(format('(%s)::%s AS key%s', e.key, leadscore_internal.type_name(e.key_type), e.id), ', ' ORDER BY e.id) AS keys,
           string_agg(format('(SELECT v.points FROM %s AS v WHERE v.%I %s k.key%s)', leadscore_internal.score_view(make_row_functions.score, e), e.name || '_id',
                             leadscore_internal.equality_operator(e.key_type), e.id), ', ' ORDER BY e.id) AS points,
           string_agg(e.name, ', ' ORDER BY e.id) AS entities
    FROM leadscore_internal.entity AS e
    WHERE e.id = ANY (leadscore_internal.published_entities(score.id)) GROUP BY e.relation ORDER BY e.relation::oid
  LOOP
    function_name := format('%I.%I(%s)', score.model, score.name, made.relation);
    IF to_regprocedure(function_name) IS NOT NULL
       AND NOT EXISTS (SELECT FROM leadscore_internal.row_functions(score) AS ours WHERE ours = to_regprocedure(function_name)) THEN
      RAISE EXCEPTION 'function % already exists', function_name
        USING ERRCODE = 'duplicate_function', HINT = 'The score needs this name for a function of its own: give it another name.';
    END IF;
    EXECUTE format('CREATE OR REPLACE FUNCTION %s RETURNS float8 LANGUAGE sql STABLE COST 10000 SET search_path = pg_catalog, pg_temp AS %L',
                   function_name, format('SELECT coalesce(%s) FROM (SELECT %s FROM (SELECT ($1).*) AS x) AS k', made.points, made.keys));
    EXECUTE format('COMMENT ON FUNCTION %s IS %L', function_name, format('pg_leadscore: points of score %s, now, of a row that is: %s', score.name, made.entities));
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.make_row_functions(leadscore_internal.score) IS 'Makes the row functions of a score, or makes them anew.';

CREATE FUNCTION leadscore_internal.rename_row_functions(score leadscore_internal.score, new_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  made regprocedure;
BEGIN
  FOR made IN SELECT leadscore_internal.row_functions(score) LOOP
    EXECUTE format('ALTER FUNCTION %s RENAME TO %I', made, new_name);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.rename_row_functions(leadscore_internal.score, text) IS 'Renames the row functions of a score.';

CREATE FUNCTION leadscore_internal.drop_row_functions(score leadscore_internal.score) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  made regprocedure;
BEGIN
  FOR made IN SELECT leadscore_internal.row_functions(score) LOOP
    PERFORM leadscore_internal.drop_made('FUNCTION', made::text);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_row_functions(leadscore_internal.score) IS 'Drops the row functions of a score.';
