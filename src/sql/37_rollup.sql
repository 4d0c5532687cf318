-- create_rollup: an entity's score made of its members' scores.

CREATE FUNCTION leadscore_internal.create_rollup(score text, entity text, "of" text, key text, through regclass[], join_on text, if_not_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.find_score(named.model, named.name);
  whole leadscore_internal.entity :=
    leadscore_internal.find_entity(named.model, leadscore_internal.name_in_model(entity, named.model, 'entity'));
  member leadscore_internal.entity :=
    leadscore_internal.find_entity(named.model, leadscore_internal.name_in_model("of", named.model, 'entity'));
  role text := format('%%s of the roll-up of "%s" to "%s"', replace(member.name, '%', '%%'), replace(whole.name, '%', '%%'));
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  PERFORM leadscore_internal.check_owner(member.relation);
  IF key IS NULL THEN
    RAISE EXCEPTION '% must not be null', format(role, 'key') USING ERRCODE = 'null_value_not_allowed';
  ELSIF EXISTS (SELECT FROM leadscore_internal.rollup AS r
                WHERE r.score = of_score.id AND r.entity = whole.id AND r.member = member.id) THEN
    IF if_not_exists THEN
      RAISE NOTICE 'score "%.%" already has a roll-up of "%" to "%", skipping', named.model, named.name, member.name, whole.name;
      RETURN;
    END IF;
    RAISE EXCEPTION 'score "%.%" already has a roll-up of "%" to "%"', named.model, named.name, member.name, whole.name
      USING ERRCODE = 'duplicate_object';
  ELSIF NOT EXISTS (SELECT FROM leadscore_internal.score_entity AS se WHERE se.score = of_score.id AND se.entity = member.id) THEN
    RAISE EXCEPTION 'score "%.%" is not kept for entity "%"', named.model, named.name, member.name
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Members must have the score themselves: name them among its entities, or roll up to them first.';
  ELSIF leadscore_internal.rolls_up_to(of_score.id, whole.id, member.id) THEN
    RAISE EXCEPTION 'the roll-ups of score "%.%" would go in a circle: "%" is a member of "%" already', named.model, named.name, whole.name, member.name
      USING ERRCODE = 'invalid_recursion';
  END IF;
  through := leadscore_internal.checked_through(through, join_on, 'a roll-up', $example$through => '{crm.employment}', join_on => 'through.contact_id = member.id'$example$);
  INSERT INTO leadscore_internal.rollup (score, entity, member, key, through, join_on)
  VALUES (of_score.id, whole.id, member.id,
          leadscore_internal.canonical_link_key(member.relation, key, whole.key_type, format(role, 'key'), through, 'member'),
          through, leadscore_internal.canonical_expression(member.relation, join_on, 'boolean', format(role, 'join_on'), through, 'member'));
  INSERT INTO leadscore_internal.score_entity (score, entity) VALUES (of_score.id, whole.id) ON CONFLICT DO NOTHING;
  UPDATE leadscore_internal.score AS s SET edited = true WHERE s.id = of_score.id;
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
