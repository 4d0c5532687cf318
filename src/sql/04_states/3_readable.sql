-- Whether a score can be read, and whether only from the rows: an error, never a wrong number.

CREATE FUNCTION leadscore_internal.must_read_rows_now(component int) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_component leadscore_internal.component;
BEGIN
  SELECT * INTO of_component FROM leadscore_internal.component AS c WHERE c.id = must_read_rows_now.component;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the score was published after this transaction took its snapshot'
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Read it in a new transaction.';
  END IF;
  PERFORM leadscore_internal.check_readable(of_component.score);
  -- As this transaction's snapshot has it, the states are not complete yet, or they are gone by now; the rows always are.
  IF of_component.building OR NOT leadscore_internal.tables_stand(ARRAY[of_component.states::oid], NULL) THEN
    RETURN true;
  END IF;
  RETURN leadscore_internal.look_up(format('SELECT 1::float8 FROM %s AS p WHERE p.component = $1 AND p.key IS NULL LIMIT 1', of_component.pending), component) IS NOT NULL
      OR leadscore_internal.has_other_parts(component);
END
$$;
COMMENT ON FUNCTION leadscore_internal.must_read_rows_now(int) IS 'Finds what must_read_rows() says.';

CREATE FUNCTION leadscore_internal.must_read_rows(component int) RETURNS boolean
  AS 'MODULE_PATHNAME', 'leadscore_must_read_rows' LANGUAGE C STABLE STRICT PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION leadscore_internal.must_read_rows(int) IS
  'Whether a component is marked as a whole, or its tables have other partitions than this snapshot knows of, so that all of it is read from the CRM''s rows; an error where the score is broken.';

CREATE FUNCTION leadscore_internal.missing_table(score leadscore_internal.score) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT x.what
  FROM (SELECT e.relation, format('entity "%s"', e.name) AS what
        FROM leadscore_internal.score_entity AS se JOIN leadscore_internal.entity AS e ON e.id = se.entity WHERE se.score = score.id
        UNION ALL
        SELECT s.relation, format('source "%s"', s.name)
        FROM leadscore_internal.rule AS r JOIN leadscore_internal.source AS s ON s.id = r.source WHERE r.score = score.id AND s.criteria_of IS NULL
        UNION ALL
        SELECT joined, 'a roll-up'
        FROM leadscore_internal.rollup AS r CROSS JOIN LATERAL unnest(r.through) AS joined WHERE r.score = score.id
        UNION ALL
        SELECT joined, 'a roll-up'
        FROM leadscore_internal.membership AS m CROSS JOIN LATERAL unnest(m.through) AS joined WHERE m.score = score.id
        UNION ALL
        SELECT joined, format('a lookup of source "%s"', s.name)
        FROM leadscore_internal.rule AS r JOIN leadscore_internal.source AS s ON s.id = r.source
        CROSS JOIN LATERAL unnest(s.through) AS joined WHERE r.score = score.id
        UNION ALL
        SELECT b.relation, CASE WHEN s.criteria_of IS NULL THEN format('source "%s"', s.name)
                                ELSE format('criteria of "%s"', (SELECT e.name FROM leadscore_internal.entity AS e WHERE e.id = s.criteria_of)) END
        FROM leadscore_internal.component AS c JOIN leadscore_internal.branch AS b ON b.component = c.id
        JOIN leadscore_internal.source AS s ON s.id = b.source WHERE c.score = score.id
        UNION ALL
        SELECT joined, format('a link from source "%s"', s.name)
        FROM leadscore_internal.rule AS r JOIN leadscore_internal.source AS s ON s.id = r.source
        JOIN leadscore_internal.link AS l ON l.source = s.id CROSS JOIN LATERAL unnest(l.through) AS joined WHERE r.score = score.id
        UNION ALL
        SELECT w.relation, 'a link'
        FROM leadscore_internal.component AS c JOIN leadscore_internal.watch AS w ON w.component = c.id WHERE c.score = score.id) AS x
  WHERE NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = x.relation) ORDER BY x.what DESC LIMIT 1);
END
$$;
COMMENT ON FUNCTION leadscore_internal.missing_table(leadscore_internal.score) IS 'What of a score has lost its table; NULL if nothing has.';

CREATE FUNCTION leadscore_internal.check_tables(score leadscore_internal.score) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  gone text := leadscore_internal.missing_table(score);
BEGIN
  IF gone IS NOT NULL THEN
    RAISE EXCEPTION 'score "%.%" is broken: the table of % was dropped', score.model, score.name, gone
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Set the score up anew without it.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_tables(leadscore_internal.score) IS 'Refuses a score whose tables are not all there.';

-- Expressions have the rights of who owned the tables when they were published, and only while that is so.
CREATE VIEW leadscore_internal.used_table AS
SELECT p.score, p.building, p.id AS component, used.relation, c.relowner <> used.owner AS changed_hands,
       format('table "%s" has another owner than when the score was published', c.relname) AS message
FROM leadscore_internal.component AS p
CROSS JOIN LATERAL (
  SELECT b.relation::oid AS relation, b.owner::oid AS owner FROM leadscore_internal.branch AS b WHERE b.component = p.id
  UNION
  SELECT t.relation, t.owner FROM leadscore_internal.branch AS b
  CROSS JOIN LATERAL unnest(b.lookups::oid[], b.lookup_owners::oid[]) AS t(relation, owner) WHERE b.component = p.id
  UNION
  SELECT t.relation, t.owner FROM leadscore_internal.branch AS b JOIN leadscore_internal.joined_link AS j ON j.branch = b.id
  CROSS JOIN LATERAL unnest(j.through::oid[], j.owners::oid[]) AS t(relation, owner) WHERE b.component = p.id) AS used
JOIN pg_class AS c ON c.oid = used.relation;
COMMENT ON VIEW leadscore_internal.used_table IS 'The tables that published expressions are evaluated on, and whether they have another owner since.';

CREATE FUNCTION leadscore_internal.check_hands(score leadscore_internal.score) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  problem text;
BEGIN
  SELECT u.message INTO problem FROM leadscore_internal.used_table AS u
  WHERE u.score = check_hands.score.id AND NOT u.building AND u.changed_hands ORDER BY u.message LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'score "%.%" is broken: %', score.model, score.name, problem
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'CALL leadscore.publish() as the owner that the table has now.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_hands(leadscore_internal.score) IS 'Refuses a score of which a table has another owner than when it was published.';

CREATE FUNCTION leadscore_internal.check_unbroken(score leadscore_internal.score) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  incident leadscore_internal.incident;
BEGIN
  SELECT * INTO incident FROM leadscore_internal.incident AS i WHERE i.score = check_unbroken.score.id AND NOT i.building ORDER BY i.id LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'score "%.%" is broken: %', score.model, score.name, incident.message
      USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('Since %s, SQLSTATE %s.', incident.at, incident.sqlstate),
            HINT = 'Mend the rule or the data, then CALL leadscore.publish().';
  END IF;
  PERFORM leadscore_internal.check_hands(score);
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_unbroken(leadscore_internal.score) IS 'Refuses a score that is broken, or whose tables have another owner.';

CREATE FUNCTION leadscore_internal.tables_stand(relations oid[], owners oid[]) RETURNS boolean
  AS 'MODULE_PATHNAME', 'leadscore_tables_stand' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.tables_stand(oid[], oid[]) IS 'Whether tables are there and have these owners; owners NULL: whichever.';

-- The usual case, in one glance; where it is not, what follows finds out whether and why the score cannot be read.
CREATE FUNCTION leadscore_internal.is_sound(score int) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM leadscore_internal.score AS s WHERE s.id = is_sound.score AND s.state = 'live') AND NOT EXISTS (
    SELECT FROM leadscore_internal.incident AS i WHERE i.score = is_sound.score AND NOT i.building
    UNION ALL
    SELECT FROM leadscore_internal.component AS c JOIN leadscore_internal.branch AS b ON b.component = c.id
    WHERE c.score = is_sound.score
      AND NOT leadscore_internal.tables_stand(b.relation::oid || b.lookups::oid[], b.owner::oid || b.lookup_owners::oid[])
    UNION ALL
    SELECT FROM leadscore_internal.component AS c JOIN leadscore_internal.branch AS b ON b.component = c.id
    JOIN leadscore_internal.joined_link AS j ON j.branch = b.id
    WHERE c.score = is_sound.score AND NOT leadscore_internal.tables_stand(j.through::oid[], j.owners::oid[])
    UNION ALL
    SELECT FROM leadscore_internal.component AS c JOIN leadscore_internal.watch AS w ON w.component = c.id
    WHERE c.score = is_sound.score AND NOT leadscore_internal.tables_stand(ARRAY[w.relation::oid], NULL)
    UNION ALL
    SELECT FROM leadscore_internal.membership AS m WHERE m.score = is_sound.score AND NOT leadscore_internal.tables_stand(m.through::oid[], NULL)
    UNION ALL
    SELECT FROM leadscore_internal.published_entity AS p JOIN leadscore_internal.entity AS e ON e.id = p.entity
    WHERE p.score = is_sound.score AND NOT leadscore_internal.tables_stand(ARRAY[e.relation::oid], NULL));
END
$$;
COMMENT ON FUNCTION leadscore_internal.is_sound(int) IS 'Whether nothing that is published of a score has changed so that it could not be read.';

CREATE FUNCTION leadscore_internal.check_readable_now(score int) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_score leadscore_internal.score;
BEGIN
  IF leadscore_internal.is_sound(score) THEN
    RETURN;
  END IF;
  SELECT * INTO STRICT of_score FROM leadscore_internal.score AS s WHERE s.id = check_readable_now.score;
  IF of_score.state <> 'live' THEN
    RAISE EXCEPTION 'score "%.%" is not live but %', of_score.model, of_score.name, of_score.state
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'CALL leadscore.publish() makes it live.';
  END IF;
  PERFORM leadscore_internal.check_unbroken(of_score);
  PERFORM leadscore_internal.check_tables(of_score);
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_readable_now(int) IS 'Finds what check_readable() says.';

CREATE FUNCTION leadscore_internal.check_readable(score int) RETURNS void
  AS 'MODULE_PATHNAME', 'leadscore_check_readable' LANGUAGE C STABLE STRICT PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION leadscore_internal.check_readable(int) IS 'Refuses a score that is not live, or broken: an error, never a wrong number.';

-- Called by views, in place of points: an error, unless the score is mended meanwhile.
CREATE FUNCTION leadscore_internal.unreadable_points(score int) RETURNS float8
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.check_readable(score);
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION leadscore_internal.unreadable_points(int) IS 'Says why a score cannot be read.';
