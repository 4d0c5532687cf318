-- Limits: a rule with at_most counts so many activities of an entity in each span of time, the earliest first.
--
-- Which ones they are is a property of the rows alone: the activities of an entity that the rule matches are numbered in
-- each span, in the order of their times. So a later one never displaces an earlier one, and neither does the passing of
-- time. Of several at the same moment those with the most points count. Nothing else of a row decides, so that a writer can
-- tell by the facts of a change whether anything changes.

-- The unit of the calendar that a span is; NULL for one of another length.
CREATE FUNCTION leadscore_internal.calendar_unit(span interval) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN x.months = 0 THEN CASE x.seconds WHEN 3600 THEN 'hour' WHEN 86400 THEN 'day' WHEN 604800 THEN 'week' END
              WHEN x.seconds = 0 THEN CASE x.months WHEN 1 THEN 'month' WHEN 3 THEN 'quarter' WHEN 12 THEN 'year' END END
  FROM (SELECT m.months, extract(epoch FROM span - make_interval(months => m.months)) AS seconds
        FROM (SELECT (12 * extract(year FROM span) + extract(month FROM span))::int AS months) AS m) AS x
$$;
COMMENT ON FUNCTION leadscore_internal.calendar_unit(interval) IS 'The unit of the calendar that a span of time is, as date_trunc() calls it; NULL for any other span.';

CREATE FUNCTION leadscore_internal.checked_limit(rule leadscore_internal.rule) RETURNS leadscore_internal.rule
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  role text := format('per of rule "%s"', rule.name);
BEGIN
  IF rule.at_most IS NULL THEN
    IF rule.per IS NOT NULL THEN
      RAISE EXCEPTION '% needs at_most', role
        USING ERRCODE = 'invalid_parameter_value', HINT = 'For example at_most => 3, per => ''1 day''.';
    END IF;
    RETURN rule;
  ELSIF rule.at_most < 1 THEN
    RAISE EXCEPTION 'at_most of rule "%" must be 1 or more, not %', rule.name, rule.at_most
      USING ERRCODE = 'invalid_parameter_value', HINT = 'It is how many activities of an entity count in each span of time. Drop a rule of which none should.';
  END IF;
  rule.per := coalesce(rule.per, '1 day');
  IF leadscore_internal.calendar_unit(rule.per) IS NULL THEN
    IF extract(year FROM rule.per) <> 0 OR extract(month FROM rule.per) <> 0 THEN
      RAISE EXCEPTION '% is neither a unit of the calendar nor of fixed length: %', role, rule.per
        USING ERRCODE = 'invalid_parameter_value', HINT = 'Give 1 month, 3 months, 1 year, or a number of hours, days or weeks.';
    ELSIF leadscore_internal.checked_ahead(rule.per, role) = interval '0' THEN
      RAISE EXCEPTION '% must be longer than zero', role USING ERRCODE = 'invalid_parameter_value', HINT = 'For example ''1 day''.';
    END IF;
  END IF;
  RETURN rule;
END
$$;
COMMENT ON FUNCTION leadscore_internal.checked_limit(leadscore_internal.rule) IS 'A rule whose limit is checked; one without a span has it for a day.';

-- Hours, days, weeks, months, quarters and years of the calendar; other spans are counted from a Monday, the first day of
-- the calendar, in the zone's own time.
CREATE FUNCTION leadscore_internal.span_start(span interval, time_zone text, instant text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN u.unit IS NOT NULL THEN format('date_trunc(%L, %s, %L)', u.unit, instant, u.zone)
              ELSE format('(date_bin(%1$L, (%2$s) AT TIME ZONE %3$L, ''0001-01-01'') AT TIME ZONE %3$L)', span, instant, u.zone) END
  FROM (SELECT leadscore_internal.calendar_unit(span) AS unit, coalesce(time_zone, 'UTC') AS zone) AS u
$$;
COMMENT ON FUNCTION leadscore_internal.span_start(interval, text, text) IS 'An expression for when the span began that an instant, SQL, lies in.';

-- From when on the rows must be read to number those from an instant on: from the beginning of its span. Where clocks are
-- set back over midnight, a day has a part before another day's: never by more than a day.
CREATE FUNCTION leadscore_internal.numbered_from(branch leadscore_internal.branch, instant text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN branch.at_most IS NULL THEN instant
              ELSE leadscore_internal.span_start(branch.per, branch.time_zone, instant || ' - interval ''24 hours''') END
$$;
COMMENT ON FUNCTION leadscore_internal.numbered_from(leadscore_internal.branch, text) IS
  'An expression for the first instant whose rows a branch must read to know what counts from an instant, SQL, on.';

-- rows: a query of a branch as branch_query() makes it without the limit, from numbered_from() on; later rows number nobody.
CREATE FUNCTION leadscore_internal.limited_query(branch leadscore_internal.branch, rows text, ahead interval, has_from boolean, explained boolean) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT n.key, n.occurred_at, n.points, %s'
                ' FROM (SELECT q.*, row_number() OVER (PARTITION BY q.key, %s ORDER BY q.occurred_at, q.points DESC, %s) AS number'
                ' FROM (%s) AS q(key, occurred_at, points, %s)) AS n WHERE %s%s',
                CASE WHEN explained THEN format('n.rule, n.source, n.row_key, n.number <= %s', branch.at_most) ELSE 'n.activities' END,
                leadscore_internal.span_start(branch.per, branch.time_zone, format('q.occurred_at + interval %L', ahead)),
                CASE WHEN explained THEN 'q.row_key' ELSE 'q.activities DESC' END, rows,
                CASE WHEN explained THEN 'rule, source, row_key, within_limit' ELSE 'activities' END,
                CASE WHEN explained THEN 'true' ELSE format('n.number <= %s', branch.at_most) END,
                CASE WHEN has_from THEN ' AND n.occurred_at >= $2' ELSE '' END)
$$;
COMMENT ON FUNCTION leadscore_internal.limited_query(leadscore_internal.branch, text, interval, boolean, boolean) IS
  'The query for those of a branch''s rows that are within its limit; explained: for all of them, and whether they are.';
