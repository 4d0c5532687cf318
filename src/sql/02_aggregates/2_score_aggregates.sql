-- score_agg and the aggregates over scores.

CREATE FUNCTION leadscore.score_agg_add(leadscore.score_sum_state, double precision, timestamp with time zone, interval) RETURNS leadscore.score_sum_state
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_agg_add';
COMMENT ON FUNCTION leadscore.score_agg_add(leadscore.score_sum_state, double precision, timestamp with time zone, interval) IS
  'transition function of score_agg';

CREATE FUNCTION leadscore.score_agg_remove(leadscore.score_sum_state, double precision, timestamp with time zone, interval) RETURNS leadscore.score_sum_state
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_agg_remove';
COMMENT ON FUNCTION leadscore.score_agg_remove(leadscore.score_sum_state, double precision, timestamp with time zone, interval) IS
  'inverse transition function of score_agg; NULL where it would not be exact';

CREATE FUNCTION leadscore.score_sum_add(leadscore.score_sum_state, leadscore.score) RETURNS leadscore.score_sum_state
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_sum_add';
COMMENT ON FUNCTION leadscore.score_sum_add(leadscore.score_sum_state, leadscore.score) IS
  'transition function of sum(score)';

CREATE FUNCTION leadscore.score_sum_remove(leadscore.score_sum_state, leadscore.score) RETURNS leadscore.score_sum_state
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_sum_remove';
COMMENT ON FUNCTION leadscore.score_sum_remove(leadscore.score_sum_state, leadscore.score) IS
  'inverse transition function of sum(score); NULL where it would not be exact';

CREATE FUNCTION leadscore.score_sum_combine(leadscore.score_sum_state, leadscore.score_sum_state) RETURNS leadscore.score_sum_state
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_sum_combine';
COMMENT ON FUNCTION leadscore.score_sum_combine(leadscore.score_sum_state, leadscore.score_sum_state) IS
  'combine function of score_agg and sum(score); error 22023 for different half-lives';

CREATE FUNCTION leadscore.score_sum_final(leadscore.score_sum_state) RETURNS leadscore.score
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_sum_final';
COMMENT ON FUNCTION leadscore.score_sum_final(leadscore.score_sum_state) IS
  'final function of score_agg and sum(score)';

CREATE AGGREGATE leadscore.score_agg(points double precision, occurred_at timestamp with time zone, half_life interval) (
  SFUNC = leadscore.score_agg_add, STYPE = leadscore.score_sum_state, FINALFUNC = leadscore.score_sum_final, COMBINEFUNC = leadscore.score_sum_combine,
  MSFUNC = leadscore.score_agg_add, MINVFUNC = leadscore.score_agg_remove, MSTYPE = leadscore.score_sum_state, MFINALFUNC = leadscore.score_sum_final,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadscore.score_agg(double precision, timestamp with time zone, interval) IS
  'score of activities: their decaying points added up, with the latest occurred_at as its reference time; rows with a NULL are skipped, no rows give NULL; error 22023 for different half-lives or one with months or shorter than a second, 22003 for infinite points or a sum out of range, 22008 for times that are infinite or outside the years 1400 to 9999';

CREATE AGGREGATE leadscore.sum(leadscore.score) (
  SFUNC = leadscore.score_sum_add, STYPE = leadscore.score_sum_state, FINALFUNC = leadscore.score_sum_final, COMBINEFUNC = leadscore.score_sum_combine,
  MSFUNC = leadscore.score_sum_add, MINVFUNC = leadscore.score_sum_remove, MSTYPE = leadscore.score_sum_state, MFINALFUNC = leadscore.score_sum_final,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadscore.sum(leadscore.score) IS
  'sum of scores of one half-life, at the latest of their reference times; NULLs are skipped, no rows give NULL; error 22023 for different half-lives, 22003 out of range';

CREATE FUNCTION leadscore.score_smaller(leadscore.score, leadscore.score) RETURNS leadscore.score
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_smaller';
COMMENT ON FUNCTION leadscore.score_smaller(leadscore.score, leadscore.score) IS
  'the smaller of two scores';

CREATE FUNCTION leadscore.score_larger(leadscore.score, leadscore.score) RETURNS leadscore.score
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_larger';
COMMENT ON FUNCTION leadscore.score_larger(leadscore.score, leadscore.score) IS
  'the larger of two scores';

CREATE AGGREGATE leadscore.min(leadscore.score) (
  SFUNC = leadscore.score_smaller, STYPE = leadscore.score, COMBINEFUNC = leadscore.score_smaller, SORTOP = OPERATOR(leadscore.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadscore.min(leadscore.score) IS
  'smallest score in the order of the type; NULLs are skipped, no rows give NULL';

CREATE AGGREGATE leadscore.max(leadscore.score) (
  SFUNC = leadscore.score_larger, STYPE = leadscore.score, COMBINEFUNC = leadscore.score_larger, SORTOP = OPERATOR(leadscore.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadscore.max(leadscore.score) IS
  'largest score in the order of the type; NULLs are skipped, no rows give NULL';

-- peak_points

CREATE FUNCTION leadscore.peak_points_add(internal, double precision, timestamp with time zone, interval) RETURNS internal
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_peak_points_add';
COMMENT ON FUNCTION leadscore.peak_points_add(internal, double precision, timestamp with time zone, interval) IS
  'transition function of peak_points';

CREATE FUNCTION leadscore.peak_points_combine(internal, internal) RETURNS internal
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_peak_points_combine';
COMMENT ON FUNCTION leadscore.peak_points_combine(internal, internal) IS
  'combine function of peak_points';

CREATE FUNCTION leadscore.peak_points_serialize(internal) RETURNS bytea
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_peak_points_serialize';
COMMENT ON FUNCTION leadscore.peak_points_serialize(internal) IS
  'serialization function of peak_points';

CREATE FUNCTION leadscore.peak_points_deserialize(bytea, internal) RETURNS internal
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_peak_points_deserialize';
COMMENT ON FUNCTION leadscore.peak_points_deserialize(bytea, internal) IS
  'deserialization function of peak_points';

CREATE FUNCTION leadscore.peak_points_final(internal) RETURNS double precision
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_peak_points_final';
COMMENT ON FUNCTION leadscore.peak_points_final(internal) IS
  'final function of peak_points';

-- The state keeps every row, so no type of fixed size can hold it.
CREATE AGGREGATE leadscore.peak_points(points double precision, occurred_at timestamp with time zone, span interval) (
  SFUNC = leadscore.peak_points_add, STYPE = internal, FINALFUNC = leadscore.peak_points_final,
  COMBINEFUNC = leadscore.peak_points_combine,
  SERIALFUNC = leadscore.peak_points_serialize, DESERIALFUNC = leadscore.peak_points_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadscore.peak_points(double precision, timestamp with time zone, interval) IS
  'largest total of points in any closed interval of this length that holds at least one activity, whatever the order of the rows; rows with a NULL are skipped, no rows give NULL; error 22023 for a span that is not positive, has months or differs between rows, 22003 for infinite points or a total out of range, 22008 for times that are infinite or outside the years 1400 to 9999';
