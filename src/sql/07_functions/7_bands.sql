-- Bands: names for points. They change no points, so they take effect without publishing.

CREATE FUNCTION leadscore_internal.check_bands(bands jsonb, what text, example text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wrong text;
BEGIN
  IF jsonb_typeof(bands) <> 'object' THEN
    RAISE EXCEPTION '%s must be an object, not %', what, bands
      USING ERRCODE = 'invalid_parameter_value', HINT = format('For example %s.', example);
  END IF;
  SELECT coalesce(b.key, '') INTO wrong FROM jsonb_each(bands) AS b
  WHERE b.key = '' OR jsonb_typeof(b.value) NOT IN ('number', 'null')
     OR CASE jsonb_typeof(b.value) WHEN 'number' THEN (b.value #>> '{}')::numeric <> 0 AND abs((b.value #>> '{}')::numeric) NOT BETWEEN 1e-300 AND 1e300 END LIMIT 1;
  IF wrong = '' THEN
    RAISE EXCEPTION 'the name of a % must not be empty', what USING ERRCODE = 'invalid_parameter_value';
  ELSIF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'the bound of % "%" must be null or a number that double precision holds, not %', what, wrong, left((bands -> wrong)::text, 40)
      USING ERRCODE = 'invalid_parameter_value', HINT = format('It is the least number of points of the %s; null: no lower bound.', what);
  END IF;
  SELECT string_agg(format('"%s"', b.key), ' and ' ORDER BY b.key COLLATE "C") INTO wrong FROM jsonb_each_text(bands) AS b
  GROUP BY b.value::float8 HAVING count(*) > 1 ORDER BY b.value::float8 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '%s % have the same bound', what, wrong
      USING ERRCODE = 'invalid_parameter_value', HINT = format('Points are in the %s with the greatest bound that they reach.', what);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_bands(jsonb, text, text) IS 'Refuses bands that do not tell points apart.';

CREATE FUNCTION leadscore_internal.band_expression(bands jsonb, points text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  -- The points are evaluated once, whatever the number of bands.
  SELECT CASE WHEN count(*) = 0 THEN 'NULL::text'
              ELSE format('(%L::text[])[pg_catalog.width_bucket((%s)::float8, %L::float8[])]',
                          array_agg(b.key ORDER BY b.bound), points, array_agg(b.bound ORDER BY b.bound)) END
  FROM (SELECT x.key, coalesce(x.value::float8, '-Infinity') AS bound FROM jsonb_each_text(bands) AS x) AS b
$$;
COMMENT ON FUNCTION leadscore_internal.band_expression(jsonb, text) IS 'The name of the band of points (SQL); NULL below all bands, and without any.';

CREATE FUNCTION leadscore_internal.set_bands(score text, bands jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.open_score(named.model, named.name, 'set_bands');
BEGIN
  PERFORM leadscore_internal.check_bands(bands, 'band', '{"hot": 50, "warm": 20, "cold": null}');
  UPDATE leadscore_internal.score AS s SET bands = nullif(set_bands.bands, '{}') WHERE s.id = of_score.id RETURNING s.* INTO of_score;
  -- Paused, there are no points to name; resume makes the views anew.
  IF of_score.state = 'live' THEN
    PERFORM leadscore_internal.make_views(of_score);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.set_bands(text, jsonb) IS 'Implementation of leadscore.set_bands.';

CREATE FUNCTION leadscore.set_bands(score text, bands jsonb) RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.set_bands(text, jsonb) IS
  'Names the points of a score: {"hot": 50, "warm": 20, "cold": null} gives each band its least points, null: no lower bound. NULL or {} takes the names away. The column band of the views of a live score shows them at once.';
