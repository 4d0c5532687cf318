-- lead_explain: what a score is made of, line by line.

CREATE FUNCTION leadscore_internal.contribution(decay leadscore.decay, points float8, occurred_at timestamptz, instant timestamptz) RETURNS float8
  AS 'MODULE_PATHNAME', 'leadscore_contribution' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.contribution(leadscore.decay, float8, timestamptz, timestamptz) IS
  'Points times weight; SQL''s own product is an error where it is too small to be told from 0.';

-- Each kind of line is a query of its own with these columns, joined by UNION ALL. $1: NULL, $2: as_of, $3: the key.
CREATE FUNCTION leadscore_internal.explain_query(model name, entity text, score text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  activities text := format(
    'SELECT f.rule, f.source, f.row_key, f.member, CASE WHEN f.source IS NOT NULL OR f.occurred_at > %s THEN f.occurred_at + f.ahead END AS occurred_at, f.points,
            CASE WHEN f.within_limit THEN leadscore.weight(f.decay, f.occurred_at, $2) ELSE 0 END AS weight,
            CASE WHEN f.within_limit THEN leadscore_internal.contribution(f.decay, f.points, f.occurred_at, $2) ELSE 0 END AS contribution
     FROM (%s) AS f', leadscore_internal.first_instant(), leadscore_internal.published_facts(model, entity, score, 'ARRAY[$3]', explained => true));
BEGIN
  IF NOT leadscore_internal.has_caps(model, score) THEN
    RETURN activities;
  END IF;
  -- What all caps together, its own, its rules' and its members', take away or give.
  RETURN format(
    'WITH activities AS MATERIALIZED (%s)
     SELECT * FROM activities
     UNION ALL
     SELECT ''caps'', NULL, NULL, NULL, $2, NULL, NULL, c.contribution
     FROM (SELECT p.points - (SELECT coalesce(sum(a.contribution), 0) FROM activities AS a) AS contribution FROM (%s) AS p) AS c
     WHERE abs(c.contribution) > 1e-9', activities, leadscore_internal.published_points(model, entity, score, 'ARRAY[$3]'));
END
$$;
COMMENT ON FUNCTION leadscore_internal.explain_query(name, text, text) IS 'The query for the lines of an explanation.';

CREATE FUNCTION leadscore_internal.explain(model name, entity text, score text, id anyelement, as_of timestamptz) RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
BEGIN
  PERFORM leadscore_internal.check_instant(as_of, 'as_of');
  IF readable.paused OR NOT leadscore_internal.is_entity(model, entity, id) THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE format('SELECT * FROM (%s) AS x ORDER BY x.occurred_at DESC, x.rule COLLATE "C", x.source COLLATE "C", x.row_key, x.member COLLATE "C"',
                              leadscore_internal.explain_query(model, entity, score)) USING NULL::timestamptz, as_of, id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.explain(name, text, text, anyelement, timestamptz) IS 'Implementation of <entity>_explain.';
