-- Components: what is set up, copied into what is published, with the states that are kept for it.

-- A rule with a cap or a limit is a component of its own.
CREATE FUNCTION leadscore_internal.capped_rule(rule leadscore_internal.rule) RETURNS int
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT CASE WHEN rule.max_points IS NOT NULL OR rule.at_most IS NOT NULL THEN rule.id END $$;
COMMENT ON FUNCTION leadscore_internal.capped_rule(leadscore_internal.rule) IS 'The number of a rule that has a cap or a limit; NULL for those that are added up first.';

CREATE FUNCTION leadscore_internal.rules_of_component(component leadscore_internal.component, source int) RETURNS SETOF leadscore_internal.rule
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.* FROM leadscore_internal.rule AS r JOIN leadscore_internal.score AS s ON s.id = r.score
  WHERE r.score = component.score AND leadscore_internal.points_source(r) = rules_of_component.source
    AND leadscore_internal.delayed(coalesce(r.decay, s.decay), component.ahead) OPERATOR(leadscore.=) component.decay
    AND leadscore_internal.capped_rule(r) IS NOT DISTINCT FROM component.capped_rule
    AND (SELECT s.criteria_of IS NULL FROM leadscore_internal.source AS s WHERE s.id = r.source) = component.counted
$$;
COMMENT ON FUNCTION leadscore_internal.rules_of_component(leadscore_internal.component, int) IS
  'Which rules, as they are set up, a component that is being built consists of for a source.';

CREATE FUNCTION leadscore_internal.owners_of(tables regclass[]) RETURNS regrole[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ARRAY(SELECT c.relowner::regrole FROM unnest(tables) WITH ORDINALITY AS t(relation, n) JOIN pg_class AS c ON c.oid = t.relation ORDER BY t.n)
$$;
COMMENT ON FUNCTION leadscore_internal.owners_of(regclass[]) IS 'The owners of tables.';

-- Copies what is set up into what is published: components, and for each of them one branch per source.
CREATE FUNCTION leadscore_internal.copy_rules(score leadscore_internal.score) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  item record;
  new_branch int;
BEGIN
  FOR item IN
    SELECT DISTINCT se.entity, r.at_most IS NOT NULL AS has_limit, coalesce(r.decay, score.decay) AS decay, src.ahead, leadscore_internal.capped_rule(r) AS capped_rule, r.max_points,
                    src.criteria_of IS NULL AS counted
    FROM leadscore_internal.score_entity AS se
    JOIN leadscore_internal.link AS l ON l.entity = se.entity
    JOIN leadscore_internal.rule AS r ON r.score = se.score AND leadscore_internal.points_source(r) = l.source
    JOIN leadscore_internal.source AS src ON src.id = l.source
    WHERE se.score = score.id ORDER BY 1, 7 DESC, 2, 3, 4, 5 NULLS FIRST
  LOOP
    PERFORM leadscore_internal.create_component(score, item.entity, item.decay, item.ahead, item.capped_rule, item.max_points, item.counted);
  END LOOP;

  FOR item IN
    SELECT c.id AS component, c.capped_rule, src.id AS source, src.relation, src.occurred_at, src.time_zone, src.filter, src.through, src.join_on,
           coalesce(array_agg(l.key ORDER BY l.id) FILTER (WHERE leadscore_internal.is_local(l)), '{}') AS link_keys,
           coalesce(array_agg(l.filter ORDER BY l.id) FILTER (WHERE leadscore_internal.is_local(l)), '{}') AS link_filters,
           array_agg(l.id) AS links
    FROM leadscore_internal.component AS c
    JOIN leadscore_internal.link AS l ON l.entity = c.entity
    JOIN leadscore_internal.source AS src ON src.id = l.source
    WHERE c.score = score.id AND c.building AND c.ahead = src.ahead
      AND EXISTS (SELECT FROM leadscore_internal.rules_of_component(c, src.id))
    GROUP BY c.id, src.id ORDER BY c.id, src.id
  LOOP
    PERFORM leadscore_internal.check_tree(item.relation);
    PERFORM leadscore_internal.check_tree(joined) FROM unnest(item.through) AS joined;
    INSERT INTO leadscore_internal.branch (component, source, relation, owner, occurred_at, filter, link_keys, link_filters, lookups, lookup_owners, lookup_conditions,
                                           at_most, per, time_zone)
    VALUES (item.component, item.source, item.relation,
            (SELECT cl.relowner::regrole FROM pg_class AS cl WHERE cl.oid = item.relation),
            item.occurred_at, item.filter, item.link_keys, item.link_filters,
            coalesce(item.through, '{}'), leadscore_internal.owners_of(item.through), leadscore_internal.lookup_conditions(item.relation, item.through, item.join_on),
            (SELECT r.at_most FROM leadscore_internal.rule AS r WHERE r.id = item.capped_rule),
            (SELECT r.per FROM leadscore_internal.rule AS r WHERE r.id = item.capped_rule), item.time_zone)
    RETURNING id INTO new_branch;
    INSERT INTO leadscore_internal.term (branch, rule, points, filter)
    SELECT new_branch, r.name, CASE WHEN r.once THEN 'points' ELSE r.points END, CASE WHEN r.once THEN format('(criterion = %s)', r.id) ELSE r.filter END
    FROM leadscore_internal.component AS c CROSS JOIN LATERAL leadscore_internal.rules_of_component(c, item.source) AS r
    WHERE c.id = item.component ORDER BY r.id;
    PERFORM leadscore_internal.copy_joined_links(new_branch, item.links);
  END LOOP;
  PERFORM leadscore_internal.copy_criteria_to_record(score.id);
  INSERT INTO leadscore_internal.published_entity (score, entity, decay, min_points, max_points)
  SELECT se.score, se.entity, score.decay, score.min_points, score.max_points FROM leadscore_internal.score_entity AS se WHERE se.score = score.id;
  INSERT INTO leadscore_internal.membership (score, entity, member, key, through, join_on)
  SELECT r.score, r.entity, r.member, r.key, r.through, r.join_on FROM leadscore_internal.rollup AS r WHERE r.score = copy_rules.score.id ORDER BY r.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.copy_rules(leadscore_internal.score) IS 'Makes the components of a score and copies its rules to them.';

-- Each lookup table is joined for itself, in their order: by those conditions that name it and none after it, and by
-- those on the activity alone.
CREATE FUNCTION leadscore_internal.lookup_conditions(relation regclass, through regclass[], join_on text) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ARRAY(
    SELECT leadscore_internal.all_of(ARRAY(SELECT c.condition FROM leadscore_internal.conjuncts(relation, through, join_on, 'boolean', 'join_on') AS c
                                           WHERE c.tables & ~1 = 0 OR c.tables >> n = 1))
    FROM generate_series(1, cardinality(through)) AS n ORDER BY n)
$$;
COMMENT ON FUNCTION leadscore_internal.lookup_conditions(regclass, regclass[], text) IS 'How each lookup table of a source is joined.';

-- Without id and branch.
CREATE FUNCTION leadscore_internal.taken_apart(link leadscore_internal.link, relation regclass) RETURNS leadscore_internal.joined_link
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT NULL::int, NULL::int, link.key, k.tables, t.through, leadscore_internal.owners_of(t.through), c.conditions, c.tables, k.columns || c.columns
  FROM (SELECT coalesce(link.through, '{}') AS through) AS t
  CROSS JOIN LATERAL leadscore_internal.conjuncts(relation, t.through, link.key, 0, 'key of a link') AS k
  CROSS JOIN LATERAL (
    WITH parts AS (
      SELECT * FROM leadscore_internal.conjuncts(relation, t.through, link.join_on, 'boolean', 'join_on of a link')
      UNION ALL
      SELECT * FROM leadscore_internal.conjuncts(relation, t.through, link.filter, 'boolean', 'filter of a link'))
    SELECT ARRAY(SELECT p.condition FROM parts AS p) AS conditions, ARRAY(SELECT p.tables FROM parts AS p) AS tables,
           ARRAY(SELECT unnest(p.columns) FROM parts AS p) AS columns) AS c
$$;
COMMENT ON FUNCTION leadscore_internal.taken_apart(leadscore_internal.link, regclass) IS 'A link over other tables as it is published.';

CREATE FUNCTION leadscore_internal.copy_joined_links(branch int, links int[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_branch leadscore_internal.branch;
BEGIN
  SELECT * INTO STRICT of_branch FROM leadscore_internal.branch AS b WHERE b.id = copy_joined_links.branch;
  INSERT INTO leadscore_internal.joined_link (branch, key, key_tables, through, owners, conditions, condition_tables, columns)
  SELECT of_branch.id, j.key, j.key_tables, j.through, j.owners, j.conditions, j.condition_tables, j.columns
  FROM leadscore_internal.link AS l CROSS JOIN LATERAL leadscore_internal.taken_apart(l, of_branch.relation) AS j
  WHERE l.id = ANY (links) AND NOT leadscore_internal.is_local(l) ORDER BY l.id;
  PERFORM leadscore_internal.check_tree(joined)
  FROM leadscore_internal.joined_link AS j CROSS JOIN LATERAL unnest(j.through) AS joined WHERE j.branch = of_branch.id;
  PERFORM leadscore_internal.watch_tables(of_branch);
END
$$;
COMMENT ON FUNCTION leadscore_internal.copy_joined_links(int, int[]) IS 'Copies the links of a branch that are not local, taken apart, and publishes which tables they watch.';

CREATE FUNCTION leadscore_internal.create_component(score leadscore_internal.score, entity int, decay leadscore.decay, ahead interval, capped_rule int, max_points float8, counted boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_entity leadscore_internal.entity;
  new_id int := nextval(pg_get_serial_sequence('leadscore_internal.component', 'id'));
BEGIN
  SELECT * INTO STRICT of_entity FROM leadscore_internal.entity AS e WHERE e.id = create_component.entity;
  INSERT INTO leadscore_internal.component (id, score, entity, decay, ahead, pending, states, on_error, capped_rule, max_points, counted)
  VALUES (new_id, score.id, of_entity.id, leadscore_internal.delayed(decay, ahead), ahead, of_entity.pending,
          leadscore_internal.create_states(new_id, score.model, of_entity, leadscore_internal.delayed(decay, ahead)), score.on_error, capped_rule, max_points, counted);
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_component(leadscore_internal.score, int, leadscore.decay, interval, int, float8, boolean) IS 'Makes a component with its state table.';

-- A version of a score leaves the catalogue; its tables stand until the views have let go of them.
CREATE FUNCTION leadscore_internal.withdraw(score int, building boolean) RETURNS leadscore_internal.component[]
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM leadscore_internal.membership AS m WHERE m.score = withdraw.score AND m.building = withdraw.building;
  DELETE FROM leadscore_internal.published_entity AS p WHERE p.score = withdraw.score AND p.building = withdraw.building;
  DELETE FROM leadscore_internal.incident AS i WHERE i.score = withdraw.score AND i.building = withdraw.building;
  WITH withdrawn AS (
    DELETE FROM leadscore_internal.component AS c WHERE c.score = withdraw.score AND c.building = withdraw.building RETURNING c.*)
  SELECT coalesce(array_agg(w::leadscore_internal.component), '{}') FROM withdrawn AS w
$$;
COMMENT ON FUNCTION leadscore_internal.withdraw(int, boolean) IS 'Takes the components of a score''s version, the one that is being built or the one that answers, out of the catalogue.';

CREATE FUNCTION leadscore_internal.drop_states(components leadscore_internal.component[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c leadscore_internal.component;
BEGIN
  FOREACH c IN ARRAY components LOOP
    DELETE FROM leadscore_internal.folded AS f WHERE f.component = c.id;
    IF EXISTS (SELECT FROM pg_class AS t WHERE t.oid = c.pending) THEN
      EXECUTE format('DELETE FROM %s AS p WHERE p.component = $1', c.pending) USING c.id;
    END IF;
    PERFORM leadscore_internal.drop_own_table(c.states);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_states(leadscore_internal.component[]) IS 'Drops the states of components and what is pending for them.';

-- Also for states that are there. Writers may go on: what they append and this statement does not see, stands beside the
-- states that it makes, as after any fold.
CREATE FUNCTION leadscore_internal.make_states(component leadscore_internal.component) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  not_finite text;
BEGIN
  PERFORM leadscore_internal.set_least_rank(component.id, leadscore_internal.highest_rank());
  EXECUTE format('SELECT leadscore_internal.recompute($1, NULL::%s[])',
                 leadscore_internal.type_name((SELECT e.key_type FROM leadscore_internal.entity AS e WHERE e.id = component.entity)))
  USING component;
  EXECUTE format('SELECT s.key::text FROM %s AS s WHERE abs(s.points + coalesce(%s, 0)) > 1e290 OR s.magnitude > 1e290 LIMIT 1',
                 component.states, (leadscore_internal.state_row(component.decay, 's')).held) INTO not_finite;
  IF not_finite IS NOT NULL THEN
    RAISE EXCEPTION 'a rule gives points that are not a finite number, or beyond 1e290, to entity %', not_finite
      USING ERRCODE = 'numeric_value_out_of_range', HINT = 'Mend the rule or the data, then publish again.';
  END IF;
  PERFORM leadscore_internal.note_fold(component.id);
  EXECUTE format('ANALYZE %s', component.states);
  PERFORM leadscore_internal.rank_states(component);
END
$$;
COMMENT ON FUNCTION leadscore_internal.make_states(leadscore_internal.component) IS 'Makes all states of a component from the rows that exist.';
