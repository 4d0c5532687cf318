-- Who may call what. Views run with the rights of who reads them, so readers need what the views call.

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA leadscore_internal FROM PUBLIC;
REVOKE ALL ON PROCEDURE leadscore.tick() FROM PUBLIC;
REVOKE ALL ON FUNCTION leadscore.drop_all() FROM PUBLIC;
GRANT USAGE ON SCHEMA leadscore, leadscore_internal TO PUBLIC;
GRANT SELECT ON leadscore.entities, leadscore.sources, leadscore.links, leadscore.scores, leadscore.rules, leadscore.criteria, leadscore.rollups, leadscore.grades, leadscore.status TO PUBLIC;
GRANT EXECUTE ON FUNCTION
  leadscore_internal.must_read_rows(int), leadscore_internal.unreadable_points(int), leadscore_internal.read_rows(int, anyelement, timestamptz),
  leadscore_internal.facts(int, anyarray, timestamptz, timestamptz), leadscore_internal.sees(int, anyelement), leadscore_internal.members(int, anyarray),
  leadscore_internal.score_at(name, text, text, anyelement, timestamptz), leadscore_internal.score_then(name, text, text, anyelement, timestamptz), leadscore_internal.score_name(int),
  leadscore_internal.adjustments(int, int, anyarray), leadscore_internal.adjust(name, text, text, anyelement, float8, text, timestamptz),
  leadscore_internal.withdraw_adjustment(name, text, bigint, text), leadscore_internal.merge_entity(name, text, anyelement, anyelement),
  leadscore_internal.forget_entity(name, text, anyelement),
  leadscore_internal.hottest(name, text, text, int), leadscore_internal.coldest(name, text, text, int), leadscore_internal.ranked_query(text, text, text, text),
  leadscore_internal.in_window(name, text, text, text, float8, interval, timestamptz),
  leadscore_internal.readable_score(name, text, text), leadscore_internal.look_up(text, anyelement), leadscore_internal.published_facts(name, text, text, text, boolean),
  leadscore_internal.published_points(name, text, text, text),
  leadscore_internal.earners(int, int, timestamptz, timestamptz, float8, anyarray),
  leadscore_internal.earned(int, int, anyarray, timestamptz, timestamptz, float8),
  leadscore_internal.entity_from(name, text), leadscore_internal.entity_equality(name, text),
  leadscore_internal.component_status(int), leadscore_internal.disabled_triggers(int), leadscore_internal.missing_indexes(int),
  leadscore_internal.window_start(timestamptz, interval), leadscore_internal.check_instant(timestamptz, text),
  leadscore_internal.check_count(bigint), leadscore_internal.delayed(leadscore.decay, interval), leadscore_internal.check_points(float8, text), leadscore_internal.refuse_second_row(text),
  leadscore_internal.number_or_null(bigint, regtype),
  leadscore_internal.settled_points(boolean, leadscore.decay, float8, float8, float8, float8, float8, bigint, timestamptz, timestamptz, timestamptz, float8, float8, float8, timestamptz, timestamptz),
  leadscore_internal.next_change(leadscore.decay, timestamptz, timestamptz),
  leadscore_internal.explained_facts(int, anyarray), leadscore_internal.is_entity(name, text, anyelement),
  leadscore_internal.check_number(float8, text),
  leadscore_internal.falling(name, text, text, float8, interval, timestamptz),
  leadscore_internal.scores_at(name, text, text, timestamptz), leadscore_internal.steps(timestamptz, timestamptz, interval),
  leadscore_internal.timeline(name, text, text, anyelement, timestamptz, timestamptz, interval),
  leadscore_internal.falls_to(float8[], timestamptz[], leadscore.decay[], int[], int[], float8[], float8[], timestamptz, float8), leadscore_internal.cooling_query(name, text, text),
  leadscore_internal.cools_at(name, text, text, anyelement, float8),
  leadscore_internal.contribution(leadscore.decay, float8, timestamptz, timestamptz), leadscore_internal.first_instant(), leadscore_internal.ever(),
  leadscore_internal.has_caps(name, text), leadscore_internal.explain_query(name, text, text), leadscore_internal.explain(name, text, text, anyelement, timestamptz)
TO PUBLIC;
