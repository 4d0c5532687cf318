-- create_rollup: an entity's score made of its members' scores.

-- Members are looked for with the rights of the owner of their table.
CREATE FUNCTION leadscore_internal.check_readable_by_owner(relation regclass, joined regclass) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  owner regrole := (SELECT c.relowner FROM pg_class AS c WHERE c.oid = relation);
BEGIN
  IF NOT has_table_privilege(owner, joined, 'SELECT') THEN
    RAISE EXCEPTION 'the owner of table %, %, may not read table %', relation, owner, joined
      USING ERRCODE = 'insufficient_privilege', HINT = format('GRANT SELECT ON %s TO %s.', joined, owner);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_readable_by_owner(regclass, regclass) IS 'Refuses a table on the way that the owner of the first one may not read.';

CREATE FUNCTION leadscore_internal.checked_rollup(rollup leadscore_internal.rollup) RETURNS leadscore_internal.rollup
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  whole leadscore_internal.entity;
  member leadscore_internal.entity;
  role text;
BEGIN
  SELECT * INTO STRICT whole FROM leadscore_internal.entity AS e WHERE e.id = rollup.entity;
  SELECT * INTO STRICT member FROM leadscore_internal.entity AS e WHERE e.id = rollup.member;
  role := format('of the roll-up of "%s" to "%s"', member.name, whole.name);
  PERFORM leadscore_internal.check_owner(member.relation);
  IF rollup.key IS NULL THEN
    RAISE EXCEPTION '% must not be null', 'key ' || role USING ERRCODE = 'null_value_not_allowed';
  END IF;
  rollup.through := leadscore_internal.checked_through(rollup.through, rollup.join_on, 'a roll-up', $example$through => '{crm.employment}', join_on => 'through.contact_id = member.id'$example$);
  PERFORM leadscore_internal.check_readable_by_owner(member.relation, joined) FROM unnest(rollup.through) AS joined;
  rollup.key := leadscore_internal.canonical_link_key(member.relation, rollup.key, whole.key_type, 'key ' || role, rollup.through, 'member');
  rollup.join_on := leadscore_internal.canonical_expression(member.relation, rollup.join_on, 'boolean', 'join_on ' || role, rollup.through, 'member');
  RETURN rollup;
END
$$;
COMMENT ON FUNCTION leadscore_internal.checked_rollup(leadscore_internal.rollup) IS 'A roll-up as it is given, checked; its expressions canonical.';

CREATE FUNCTION leadscore_internal.create_rollup(score text, entity text, "of" text, key text, through regclass[], join_on text, if_not_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.find_score(named.model, named.name);
  whole leadscore_internal.entity :=
    leadscore_internal.find_entity(named.model, leadscore_internal.name_in_model(entity, named.model, 'entity'));
  member leadscore_internal.entity :=
    leadscore_internal.find_entity(named.model, leadscore_internal.name_in_model("of", named.model, 'entity'));
  made leadscore_internal.rollup;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  IF EXISTS (SELECT FROM leadscore_internal.rollup AS r
             WHERE r.score = of_score.id AND r.entity = whole.id AND r.member = member.id) THEN
    PERFORM leadscore_internal.existing(format('the roll-up of "%s" to "%s" in score "%s.%s"', member.name, whole.name, named.model, named.name), if_not_exists);
    RETURN;
  ELSIF NOT EXISTS (SELECT FROM leadscore_internal.score_entity AS se WHERE se.score = of_score.id AND se.entity = member.id) THEN
    RAISE EXCEPTION 'score "%.%" is not kept for entity "%"', named.model, named.name, member.name
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Members must have the score themselves: name them among its entities, or roll up to them first.';
  ELSIF leadscore_internal.rolls_up_to(of_score.id, whole.id, member.id) THEN
    RAISE EXCEPTION 'the roll-ups of score "%.%" would go in a circle: "%" is a member of "%" already', named.model, named.name, whole.name, member.name
      USING ERRCODE = 'invalid_recursion';
  END IF;
  made.score := of_score.id;
  made.entity := whole.id;
  made.member := member.id;
  made.key := key;
  made.through := through;
  made.join_on := join_on;
  made := leadscore_internal.checked_rollup(made);
  INSERT INTO leadscore_internal.rollup (score, entity, member, key, through, join_on)
  VALUES (made.score, made.entity, made.member, made.key, made.through, made.join_on);
  INSERT INTO leadscore_internal.score_entity (score, entity) VALUES (of_score.id, whole.id) ON CONFLICT DO NOTHING;
  PERFORM leadscore_internal.check_score_entities(of_score.id);
  PERFORM leadscore_internal.mark_edited(ARRAY[of_score.id]);
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_rollup(text, text, text, text, regclass[], text, boolean) IS 'Implementation of leadscore.create_rollup.';

CREATE FUNCTION leadscore_internal.rolls_up_to(score int, member int, entity int) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH RECURSIVE reached AS (
    SELECT rolls_up_to.member AS id
    UNION
    SELECT r.entity FROM leadscore_internal.rollup AS r JOIN reached AS x ON x.id = r.member WHERE r.score = rolls_up_to.score
  )
  SELECT EXISTS (SELECT FROM reached AS x WHERE x.id = rolls_up_to.entity)
$$;
COMMENT ON FUNCTION leadscore_internal.rolls_up_to(int, int, int) IS 'Whether points of the one count for the other, over any number of roll-ups.';

CREATE FUNCTION leadscore.create_rollup(score text, entity text, "of" text, key text, through regclass[] DEFAULT NULL, join_on text DEFAULT NULL,
                                        if_not_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.create_rollup(text, text, text, text, regclass[], text, boolean) IS
  'Adds to an entity''s points those of its members. of: the entity that the members are; key: an expression on the member''s row, compared with the entity''s key; through, join_on: tables on the way, called through (or through1, through2, …), and how they join the member''s row, called member; a member that reaches an entity twice counts once. Read from the members'' states: a member that changes its key takes its whole score along.';
