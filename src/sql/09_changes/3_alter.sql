-- alter_…: attributes of one object of what was set up. NULL leaves one as it is, reset sets it back to its default. What is
-- published goes on until the next publish; only what says which rows are entities holds at once, because no state rests on it.

CREATE FUNCTION leadscore_internal.check_reset(reset text[], attributes text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  attribute text;
BEGIN
  FOREACH attribute IN ARRAY coalesce(reset, '{}') LOOP
    IF attribute IS NULL OR NOT attribute = ANY (attributes) THEN
      RAISE EXCEPTION 'there is no default to reset % to', coalesce('"' || attribute || '"', 'null')
        USING ERRCODE = 'invalid_parameter_value', HINT = format('These have one: %s.', array_to_string(attributes, ', '));
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_reset(text[], text[]) IS 'Refuses to reset what has no default.';

CREATE FUNCTION leadscore_internal.altered(attribute text, given anyelement, present anyelement, reset text[], fallback anyelement DEFAULT NULL)
RETURNS anyelement
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF attribute = ANY (reset) THEN
    IF given IS NOT NULL THEN
      RAISE EXCEPTION '% is both given and reset', attribute USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN fallback;
  END IF;
  RETURN coalesce(given, present);
END
$$;
COMMENT ON FUNCTION leadscore_internal.altered(text, anyelement, anyelement, text[], anyelement) IS
  'An attribute after an alter_…: as given, reset to its default, or as it was.';

-- Entities ----------------------------------------------------------------------------------------------------------

-- What was made for an entity and shows its rows: the views of its scores, and who may read its states.
CREATE FUNCTION leadscore_internal.remake_entity(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own regclass;
  s leadscore_internal.score;
BEGIN
  FOR own IN
    SELECT leadscore_internal.own_tables(entity) UNION ALL SELECT c.states FROM leadscore_internal.component AS c WHERE c.entity = remake_entity.entity.id
  LOOP
    PERFORM leadscore_internal.share_with_readers(own, entity);
  END LOOP;
  FOR s IN
    SELECT x.* FROM leadscore_internal.score AS x
    WHERE entity.id = ANY (leadscore_internal.published_entities(x.id)) AND x.state IN ('live', 'paused') AND leadscore_internal.missing_table(x) IS NULL ORDER BY x.id
  LOOP
    PERFORM leadscore_internal.make_views(s);
  END LOOP;
  PERFORM leadscore_internal.create_scores_view(entity);
END
$$;
COMMENT ON FUNCTION leadscore_internal.remake_entity(leadscore_internal.entity) IS 'Makes what shows the rows of an entity anew.';

-- Links and roll-ups give the key's type, and states and functions have it.
CREATE FUNCTION leadscore_internal.change_key_type(entity leadscore_internal.entity, before leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM leadscore_internal.link AS l WHERE l.entity = before.id)
     OR EXISTS (SELECT FROM leadscore_internal.score_entity AS se WHERE se.entity = before.id)
     OR EXISTS (SELECT FROM leadscore_internal.published_entity AS p WHERE p.entity = before.id) THEN
    RAISE EXCEPTION 'the key of entity "%" must stay of type %, not %', before.name, before.key_type, entity.key_type
      USING ERRCODE = 'datatype_mismatch', HINT = 'Links and scores use it. Drop them first, or create another entity.';
  END IF;
  PERFORM leadscore_internal.drop_entity_objects(before);
  PERFORM leadscore_internal.make_entity_objects(entity);
END
$$;
COMMENT ON FUNCTION leadscore_internal.change_key_type(leadscore_internal.entity, leadscore_internal.entity) IS
  'Makes the objects of an entity anew for keys of another type; refused while anything uses it.';

CREATE FUNCTION leadscore_internal.alter_entity(entity text, relation regclass, key text, filter text, reset text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(entity, 'entity');
  before leadscore_internal.entity;
  changed leadscore_internal.entity;
BEGIN
  PERFORM leadscore_internal.open_model(named.model, 'alter_entity');
  before := leadscore_internal.find_entity(named.model, named.name);
  PERFORM leadscore_internal.check_owner(before.relation);
  PERFORM leadscore_internal.check_reset(reset, '{key,filter}');
  changed := before;
  changed.relation := coalesce(alter_entity.relation, before.relation);
  changed.key := leadscore_internal.altered('key', alter_entity.key, before.key, reset);
  changed.filter := leadscore_internal.altered('filter', alter_entity.filter, before.filter, reset);
  changed := leadscore_internal.checked_entity(changed);
  UPDATE leadscore_internal.entity AS e SET relation = changed.relation, key = changed.key, key_type = changed.key_type, filter = changed.filter
  WHERE e.id = before.id;
  IF changed.key_type <> before.key_type THEN
    PERFORM leadscore_internal.change_key_type(changed, before);
    RETURN;
  END IF;
  IF (changed.relation, changed.key, changed.filter) IS DISTINCT FROM (before.relation, before.key, before.filter) THEN
    PERFORM leadscore_internal.criteria_follow_entity(changed);
  END IF;
  -- The keys of its roll-ups stand on its rows.
  PERFORM leadscore_internal.checked_rollup(r) FROM leadscore_internal.rollup AS r WHERE r.member = before.id;
  PERFORM leadscore_internal.canonical_link_key(changed.relation, m.key, e.key_type, format('key of the published roll-up to "%s"', e.name))
  FROM leadscore_internal.membership AS m JOIN leadscore_internal.entity AS e ON e.id = m.entity WHERE m.member = before.id;
  PERFORM leadscore_internal.remake_entity(changed);
END
$$;
COMMENT ON FUNCTION leadscore_internal.alter_entity(text, regclass, text, text, text[]) IS 'Implementation of leadscore.alter_entity.';

CREATE FUNCTION leadscore.alter_entity(entity text, relation regclass DEFAULT NULL, key text DEFAULT NULL, filter text DEFAULT NULL,
                                       reset text[] DEFAULT NULL)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.alter_entity(text, regclass, text, text, text[]) IS
  'Changes what is given; reset: key, filter. Holds at once, for all scores of the entity: states do not rest on which rows are listed. The type of the key stays while links or scores use it.';

-- Sources and links --------------------------------------------------------------------------------------------------

CREATE FUNCTION leadscore_internal.alter_source(source text, relation regclass, occurred_at text, filter text, time_zone text,
                                                through regclass[], join_on text, ahead interval, reset text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(source, 'source');
  before leadscore_internal.source;
  changed leadscore_internal.source;
  zone text;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  before := leadscore_internal.find_source(named.model, named.name);
  PERFORM leadscore_internal.check_owner(before.relation);
  PERFORM leadscore_internal.check_reset(reset, '{filter,time_zone,through,join_on,ahead}');
  changed := before;
  changed.relation := coalesce(alter_source.relation, before.relation);
  changed.filter := leadscore_internal.altered('filter', alter_source.filter, before.filter, reset);
  changed.through := leadscore_internal.altered('through', alter_source.through, before.through, reset);
  changed.join_on := leadscore_internal.altered('join_on', alter_source.join_on, before.join_on, reset);
  changed.ahead := leadscore_internal.altered('ahead', alter_source.ahead, before.ahead, reset, interval '0');
  IF before.through IS NOT NULL AND changed.through IS NULL THEN
    -- What is kept calls the row source; without lookup tables it has no name.
    IF occurred_at IS NULL THEN
      changed.occurred_at := leadscore_internal.canonical_expression(changed.relation, changed.occurred_at, 'timestamptz', 'occurred_at', '{}');
    END IF;
    IF filter IS NULL THEN
      changed.filter := leadscore_internal.canonical_expression(changed.relation, changed.filter, 'boolean', 'filter', '{}');
    END IF;
    UPDATE leadscore_internal.rule AS r
    SET points = leadscore_internal.canonical_expression(changed.relation, r.points, 'float8', format('points of rule "%s"', r.name), '{}'),
        filter = leadscore_internal.canonical_expression(changed.relation, r.filter, 'boolean', format('filter of rule "%s"', r.name), '{}')
    WHERE r.source = before.id;
  END IF;
  zone := leadscore_internal.altered('time_zone', alter_source.time_zone, before.time_zone, reset);
  IF occurred_at IS NOT NULL THEN
    changed.occurred_at := occurred_at;
    changed.time_zone := zone;
  ELSIF zone IS DISTINCT FROM before.time_zone THEN
    RAISE EXCEPTION 'the time zone of source "%" is part of its time', before.name
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give occurred_at, too.';
  ELSE
    -- What is kept has its zone already.
    changed.time_zone := NULL;
  END IF;
  changed := leadscore_internal.checked_source(changed);
  UPDATE leadscore_internal.source AS s
  SET relation = changed.relation, occurred_at = changed.occurred_at, time_zone = zone, filter = changed.filter,
      through = changed.through, join_on = changed.join_on, ahead = changed.ahead
  WHERE s.id = before.id;
  -- Its links and rules stand on its rows; how columns are written hangs on what is joined to them.
  PERFORM leadscore_internal.checked_link(l) FROM leadscore_internal.link AS l WHERE l.source = before.id;
  UPDATE leadscore_internal.rule AS r SET points = c.points, filter = c.filter
  FROM leadscore_internal.rule AS x CROSS JOIN LATERAL leadscore_internal.checked_rule(x) AS c WHERE x.source = before.id AND r.id = x.id;
  PERFORM leadscore_internal.mark_edited(leadscore_internal.scores_on_source(before.id));
END
$$;
COMMENT ON FUNCTION leadscore_internal.alter_source(text, regclass, text, text, text, regclass[], text, interval, text[]) IS 'Implementation of leadscore.alter_source.';

CREATE FUNCTION leadscore.alter_source(source text, relation regclass DEFAULT NULL, occurred_at text DEFAULT NULL, filter text DEFAULT NULL,
                                       time_zone text DEFAULT NULL, through regclass[] DEFAULT NULL, join_on text DEFAULT NULL,
                                       ahead interval DEFAULT NULL, reset text[] DEFAULT NULL)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.alter_source(text, regclass, text, text, text, regclass[], text, interval, text[]) IS
  'Changes what is given; reset: filter, time_zone, through, join_on, ahead. time_zone changes together with occurred_at. Live scores follow when they are published again.';

-- A pair may have several links: which one is told by the key that it has now.
CREATE FUNCTION leadscore_internal.find_link(source leadscore_internal.source, entity leadscore_internal.entity, old_key text)
RETURNS leadscore_internal.link
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  pair text := format('from source "%s.%s" to entity "%s"', source.model, source.name, entity.name);
  found_link leadscore_internal.link;
  candidates leadscore_internal.link[] := ARRAY(
    SELECT l FROM leadscore_internal.link AS l
    WHERE l.source = find_link.source.id AND l.entity = find_link.entity.id AND l.key = coalesce(old_key, l.key));
BEGIN
  -- Not as it is kept, perhaps as it was given.
  IF cardinality(candidates) = 0 THEN
    candidates := ARRAY(
      SELECT l FROM leadscore_internal.link AS l
      WHERE l.source = find_link.source.id AND l.entity = find_link.entity.id
        AND l.key = leadscore_internal.canonical_link_key(find_link.source.relation, old_key, find_link.entity.key_type, 'old_key', coalesce(l.through, '{}'), may_be_set => true));
  END IF;
  IF cardinality(candidates) = 0 THEN
    PERFORM leadscore_internal.missing(format('a link %s%s', pair, ' with the key ' || old_key), 'leadscore.links lists what there is.', false);
  ELSIF cardinality(candidates) > 1 THEN
    RAISE EXCEPTION 'there are % links %', cardinality(candidates), pair
      USING ERRCODE = 'ambiguous_parameter', DETAIL = (SELECT format('Their keys: %s.', string_agg(c.key, ', ' ORDER BY c.key COLLATE "C")) FROM unnest(candidates) AS c),
            HINT = 'Say which one by its present key: old_key. Where that is not enough, drop and create them anew.';
  END IF;
  found_link := candidates[1];
  RETURN found_link;
END
$$;
COMMENT ON FUNCTION leadscore_internal.find_link(leadscore_internal.source, leadscore_internal.entity, text) IS 'The link, or SQLSTATE 42704 or 42P08.';

CREATE FUNCTION leadscore_internal.alter_link(source text, entity text, key text, filter text, through regclass[], join_on text, old_key text, reset text[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(source, 'source');
  changed leadscore_internal.link;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  changed := leadscore_internal.find_link(
    leadscore_internal.find_source(named.model, named.name),
    leadscore_internal.find_entity(named.model, leadscore_internal.name_in_model(entity, named.model, 'entity')), old_key);
  PERFORM leadscore_internal.check_reset(reset, '{filter,through,join_on}');
  changed.key := coalesce(alter_link.key, changed.key);
  changed.filter := leadscore_internal.altered('filter', alter_link.filter, changed.filter, reset);
  changed.through := leadscore_internal.altered('through', alter_link.through, changed.through, reset);
  changed.join_on := leadscore_internal.altered('join_on', alter_link.join_on, changed.join_on, reset);
  changed := leadscore_internal.checked_link(changed);
  UPDATE leadscore_internal.link AS l SET key = changed.key, filter = changed.filter, through = changed.through, join_on = changed.join_on
  WHERE l.id = changed.id;
  PERFORM leadscore_internal.mark_edited(leadscore_internal.scores_on_source(changed.source));
END
$$;
COMMENT ON FUNCTION leadscore_internal.alter_link(text, text, text, text, regclass[], text, text, text[]) IS 'Implementation of leadscore.alter_link.';

CREATE FUNCTION leadscore.alter_link(source text, entity text, key text DEFAULT NULL, filter text DEFAULT NULL, through regclass[] DEFAULT NULL,
                                     join_on text DEFAULT NULL, old_key text DEFAULT NULL, reset text[] DEFAULT NULL)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.alter_link(text, text, text, text, regclass[], text, text, text[]) IS
  'Changes what is given; reset: filter, through, join_on. old_key: the present key of the link, where there are several from the source to the entity. Live scores follow when they are published again.';

-- Scores, rules and roll-ups -----------------------------------------------------------------------------------------

CREATE FUNCTION leadscore_internal.alter_score(score text, entities text[], decay leadscore.decay, min_points float8, max_points float8,
                                               on_error text, description text, reset text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed leadscore_internal.score := leadscore_internal.permitted_score(score);
BEGIN
  PERFORM leadscore_internal.check_reset(reset, '{decay,min_points,max_points,on_error,description}');
  changed.decay := leadscore_internal.altered('decay', alter_score.decay, changed.decay, reset, 'none'::leadscore.decay);
  changed.min_points := leadscore_internal.altered('min_points', alter_score.min_points, changed.min_points, reset);
  changed.max_points := leadscore_internal.altered('max_points', alter_score.max_points, changed.max_points, reset);
  changed.on_error := leadscore_internal.altered('on_error', alter_score.on_error, changed.on_error, reset, 'break'::text);
  changed.description := leadscore_internal.altered('description', alter_score.description, changed.description, reset);
  changed := leadscore_internal.checked_score(changed);
  UPDATE leadscore_internal.score AS s
  SET decay = changed.decay, min_points = changed.min_points, max_points = changed.max_points, on_error = changed.on_error,
      description = changed.description, edited = true
  WHERE s.id = changed.id;
  IF entities IS NOT NULL THEN
    PERFORM leadscore_internal.set_score_entities(changed, entities);
    PERFORM leadscore_internal.check_score_entities(changed.id);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.alter_score(text, text[], leadscore.decay, float8, float8, text, text, text[]) IS 'Implementation of leadscore.alter_score.';

CREATE FUNCTION leadscore.alter_score(score text, entities text[] DEFAULT NULL, decay leadscore.decay DEFAULT NULL, min_points float8 DEFAULT NULL,
                                      max_points float8 DEFAULT NULL, on_error text DEFAULT NULL, description text DEFAULT NULL,
                                      reset text[] DEFAULT NULL)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.alter_score(text, text[], leadscore.decay, float8, float8, text, text, text[]) IS
  'Changes what is given; reset: decay, min_points, max_points, on_error, description. A live score answers as it was published until it is published again.';

CREATE FUNCTION leadscore_internal.alter_rule(score text, rule text, source text, points text, filter text, decay leadscore.decay, max_points float8,
                                              at_most int, per interval, reset text[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_score leadscore_internal.score := leadscore_internal.permitted_score(score);
  changed leadscore_internal.rule := leadscore_internal.find_rule(of_score, rule);
BEGIN
  PERFORM leadscore_internal.check_reset(reset, '{filter,decay,max_points,at_most,per}');
  IF source IS NOT NULL THEN
    changed.source := (leadscore_internal.find_source(of_score.model, leadscore_internal.name_in_model(source, of_score.model, 'source'))).id;
  END IF;
  changed.points := coalesce(alter_rule.points, changed.points);
  changed.filter := leadscore_internal.altered('filter', alter_rule.filter, changed.filter, reset);
  changed.decay := leadscore_internal.altered('decay', alter_rule.decay, changed.decay, reset);
  changed.max_points := leadscore_internal.altered('max_points', alter_rule.max_points, changed.max_points, reset);
  changed.at_most := leadscore_internal.altered('at_most', alter_rule.at_most, changed.at_most, reset);
  -- A span that is not given anew goes with its limit.
  changed.per := leadscore_internal.altered('per', alter_rule.per, CASE WHEN changed.at_most IS NOT NULL THEN changed.per END, reset);
  changed := leadscore_internal.checked_rule(changed);
  UPDATE leadscore_internal.rule AS r
  SET source = changed.source, points = changed.points, filter = changed.filter, decay = changed.decay, max_points = changed.max_points,
      at_most = changed.at_most, per = changed.per
  WHERE r.id = changed.id;
  PERFORM leadscore_internal.mark_edited(ARRAY[changed.score]);
END
$$;
COMMENT ON FUNCTION leadscore_internal.alter_rule(text, text, text, text, text, leadscore.decay, float8, int, interval, text[]) IS 'Implementation of leadscore.alter_rule.';

CREATE FUNCTION leadscore.alter_rule(score text, rule text, source text DEFAULT NULL, points text DEFAULT NULL, filter text DEFAULT NULL,
                                     decay leadscore.decay DEFAULT NULL, max_points float8 DEFAULT NULL,
                                     at_most int DEFAULT NULL, per interval DEFAULT NULL, reset text[] DEFAULT NULL)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.alter_rule(text, text, text, text, text, leadscore.decay, float8, int, interval, text[]) IS
  'Changes what is given; reset: filter, decay, max_points, at_most, per. A live score has the rule as it was until it is published again.';

CREATE FUNCTION leadscore_internal.alter_rollup(score text, entity text, "of" text, key text, through regclass[], join_on text, reset text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed leadscore_internal.rollup := leadscore_internal.find_rollup(leadscore_internal.permitted_score(score), entity, "of");
BEGIN
  PERFORM leadscore_internal.check_reset(reset, '{through,join_on}');
  changed.key := coalesce(alter_rollup.key, changed.key);
  changed.through := leadscore_internal.altered('through', alter_rollup.through, changed.through, reset);
  changed.join_on := leadscore_internal.altered('join_on', alter_rollup.join_on, changed.join_on, reset);
  changed := leadscore_internal.checked_rollup(changed);
  UPDATE leadscore_internal.rollup AS r SET key = changed.key, through = changed.through, join_on = changed.join_on WHERE r.id = changed.id;
  PERFORM leadscore_internal.mark_edited(ARRAY[changed.score]);
END
$$;
COMMENT ON FUNCTION leadscore_internal.alter_rollup(text, text, text, text, regclass[], text, text[]) IS 'Implementation of leadscore.alter_rollup.';

CREATE FUNCTION leadscore.alter_rollup(score text, entity text, "of" text, key text DEFAULT NULL, through regclass[] DEFAULT NULL, join_on text DEFAULT NULL,
                                       reset text[] DEFAULT NULL)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.alter_rollup(text, text, text, text, regclass[], text, text[]) IS
  'Changes by which key it counts for the entity, and over which tables; reset: through, join_on. A live score has the roll-up as it was until it is published again.';
