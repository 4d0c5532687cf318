-- alter_, rename_ and drop_criterion, and how criteria follow their entity.

CREATE FUNCTION leadscore_internal.alter_criterion(score text, criterion text, points text, filter text, decay leadscore.decay, occurred_at text,
                                                   once boolean, max_points float8, reset text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_score leadscore_internal.score := leadscore_internal.permitted_score(score);
  changed leadscore_internal.rule := leadscore_internal.find_criterion(of_score, criterion);
  of_entity leadscore_internal.entity;
  time_before text;
BEGIN
  PERFORM leadscore_internal.check_reset(reset, '{filter,decay,occurred_at,once,max_points}');
  SELECT e.* INTO STRICT of_entity FROM leadscore_internal.source AS s JOIN leadscore_internal.entity AS e ON e.id = s.criteria_of WHERE s.id = changed.source;
  SELECT s.occurred_at INTO STRICT time_before FROM leadscore_internal.source AS s WHERE s.id = changed.source;
  PERFORM leadscore_internal.check_owner(of_entity.relation);
  changed.source := leadscore_internal.criteria_source(of_entity, leadscore_internal.altered('occurred_at',
    leadscore_internal.checked_criterion_time(of_entity, occurred_at, format('occurred_at of criterion "%s"', criterion)), time_before, reset,
    leadscore_internal.ever()));
  changed.points := coalesce(alter_criterion.points, changed.points);
  changed.filter := leadscore_internal.altered('filter', alter_criterion.filter, changed.filter, reset);
  changed.decay := leadscore_internal.altered('decay', alter_criterion.decay, changed.decay, reset, 'none'::leadscore.decay);
  changed.once := leadscore_internal.altered('once', alter_criterion.once, changed.once, reset, false);
  changed.max_points := leadscore_internal.altered('max_points', alter_criterion.max_points, changed.max_points, reset);
  changed := leadscore_internal.checked_criterion(changed);
  UPDATE leadscore_internal.rule AS r
  SET source = changed.source, points = changed.points, filter = changed.filter, decay = changed.decay, once = changed.once, max_points = changed.max_points
  WHERE r.id = changed.id;
  IF changed.once THEN
    PERFORM leadscore_internal.make_once_table(of_entity);
  END IF;
  PERFORM leadscore_internal.drop_unused_criteria_sources(of_score.model);
  PERFORM leadscore_internal.mark_edited(ARRAY[changed.score]);
END
$$;
COMMENT ON FUNCTION leadscore_internal.alter_criterion(text, text, text, text, leadscore.decay, text, boolean, float8, text[]) IS 'Implementation of leadscore.alter_criterion.';

CREATE FUNCTION leadscore.alter_criterion(score text, criterion text, points text DEFAULT NULL, filter text DEFAULT NULL, decay leadscore.decay DEFAULT NULL,
                                          occurred_at text DEFAULT NULL, once boolean DEFAULT NULL, max_points float8 DEFAULT NULL,
                                          reset text[] DEFAULT NULL)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.alter_criterion(text, text, text, text, leadscore.decay, text, boolean, float8, text[]) IS
  'Changes what is given; reset: filter, decay, occurred_at, once, max_points. A live score has the criterion as it was until it is published again. What is recorded of one with once => true stays; to begin anew, drop it and create it again.';

CREATE FUNCTION leadscore_internal.rename_criterion(score text, criterion text, new_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_score leadscore_internal.score := leadscore_internal.permitted_score(score);
BEGIN
  PERFORM leadscore_internal.check_name(new_name, 'criterion');
  PERFORM leadscore_internal.give_rule_name(of_score, leadscore_internal.find_criterion(of_score, criterion), new_name);
END
$$;
COMMENT ON FUNCTION leadscore_internal.rename_criterion(text, text, text) IS 'Implementation of leadscore.rename_criterion.';

CREATE FUNCTION leadscore.rename_criterion(score text, criterion text, new_name text) RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.rename_criterion(text, text, text) IS 'Renames a criterion, also as it is published.';

CREATE FUNCTION leadscore_internal.drop_criterion(score text, criterion text, if_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_score leadscore_internal.score := leadscore_internal.permitted_score(score, if_exists);
  found leadscore_internal.rule;
BEGIN
  IF of_score.id IS NOT NULL THEN
    found := leadscore_internal.find_criterion(of_score, criterion, if_exists);
  END IF;
  IF found.id IS NOT NULL THEN
    PERFORM leadscore_internal.delete_rule(found);
    PERFORM leadscore_internal.drop_unused_criteria_sources(of_score.model);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_criterion(text, text, boolean) IS 'Implementation of leadscore.drop_criterion.';

CREATE FUNCTION leadscore.drop_criterion(score text, criterion text, if_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.drop_criterion(text, text, boolean) IS
  'Drops a criterion, with what is recorded of it; a live score has it until it is published again.';

-- Which rows are entities, by which key, holds at once; criteria go by it. What is published of them is changed in its place,
-- and all their entities are read from the rows until every transaction that evaluated them as they were is over.
CREATE FUNCTION leadscore_internal.criteria_follow_entity(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  followed int[] := ARRAY(
    SELECT s.id FROM leadscore_internal.source AS s WHERE s.criteria_of = criteria_follow_entity.entity.id AND s.relation IS DISTINCT FROM entity.once);
  old_table regclass;
  c leadscore_internal.component;
BEGIN
  IF cardinality(followed) = 0 THEN
    RETURN;
  END IF;
  PERFORM leadscore_internal.check_table(entity.relation, 'source');
  SELECT s.relation INTO STRICT old_table FROM leadscore_internal.source AS s WHERE s.id = followed[1];
  UPDATE leadscore_internal.source AS s
  SET relation = entity.relation, filter = entity.filter,
      occurred_at = CASE WHEN s.relation = entity.relation THEN s.occurred_at ELSE
        leadscore_internal.canonical_expression(entity.relation, s.occurred_at, 'timestamptz', 'occurred_at of ' || leadscore_internal.source_title(s)) END
  WHERE s.id = ANY (followed);
  UPDATE leadscore_internal.link AS l SET key = entity.key WHERE l.source = ANY (followed);
  -- Expressions keep the rights that they were published with: a table of another owner breaks the score until it is published.
  UPDATE leadscore_internal.branch AS b
  SET relation = entity.relation, filter = entity.filter, link_keys = ARRAY[entity.key]
  WHERE b.source = ANY (followed);
  IF old_table <> entity.relation THEN
    PERFORM leadscore_internal.checked_criterion(r) FROM leadscore_internal.rule AS r WHERE r.source = ANY (followed);
    PERFORM leadscore_internal.canonical_expression(entity.relation, v.expression, v.type, v.part || ' of a published criterion')
    FROM leadscore_internal.branch AS b JOIN leadscore_internal.term AS t ON t.branch = b.id
    CROSS JOIN LATERAL (VALUES ('points', t.points, 'float8'::regtype), ('filter', t.filter, 'boolean'), ('occurred_at', b.occurred_at, 'timestamptz')) AS v(part, expression, type)
    WHERE b.source = ANY (followed);
    PERFORM leadscore_internal.forget_program(m) FROM leadscore_internal.members(old_table) AS m;
  END IF;
  PERFORM leadscore_internal.adjust_triggers(followed);
  FOR c IN
    SELECT x.* FROM leadscore_internal.component AS x
    WHERE EXISTS (SELECT FROM leadscore_internal.branch AS b WHERE b.component = x.id AND b.source = ANY (followed)) ORDER BY x.id
  LOOP
    EXECUTE format('INSERT INTO %s (component, sign, activities) VALUES ($1, 0, 0)', c.pending) USING c.id;
  END LOOP;
  IF EXISTS (SELECT FROM leadscore_internal.branch AS b WHERE b.source = ANY (followed) AND b.records IS NOT NULL) THEN
    PERFORM leadscore_internal.keep_writers_out(entity.relation);
    PERFORM leadscore_internal.record_unseen(b.id) FROM leadscore_internal.branch AS b WHERE b.source = ANY (followed) AND b.records IS NOT NULL ORDER BY b.id;
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.criteria_follow_entity(leadscore_internal.entity) IS 'Brings the criteria of an entity in step with its table, key and filter.';
