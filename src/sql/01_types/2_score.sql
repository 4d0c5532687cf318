-- The type score: an amount of points that halves evenly, as a function of time.

CREATE TYPE leadscore.score;

CREATE FUNCTION leadscore.score_in(cstring) RETURNS leadscore.score
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_in';
COMMENT ON FUNCTION leadscore.score_in(cstring) IS
  'text input of score';

CREATE FUNCTION leadscore.score_out(leadscore.score) RETURNS cstring
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_out';
COMMENT ON FUNCTION leadscore.score_out(leadscore.score) IS
  'text output of score';

CREATE FUNCTION leadscore.score_recv(internal) RETURNS leadscore.score
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_recv';
COMMENT ON FUNCTION leadscore.score_recv(internal) IS
  'binary input of score';

CREATE FUNCTION leadscore.score_send(leadscore.score) RETURNS bytea
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_send';
COMMENT ON FUNCTION leadscore.score_send(leadscore.score) IS
  'binary output of score, with a version';

CREATE TYPE leadscore.score (
  INPUT = leadscore.score_in, OUTPUT = leadscore.score_out,
  RECEIVE = leadscore.score_recv, SEND = leadscore.score_send,
  INTERNALLENGTH = 24, ALIGNMENT = double, STORAGE = plain
);
COMMENT ON TYPE leadscore.score IS
  'points that halve evenly as time passes, as a function of time: 57.3@2026-11-21T00:00:00Z/P30D is 57.3 points at that time with a half-life of 30 days; 57.3 does not decay; points are finite or NaN, half-lives are from one second up';

CREATE FUNCTION leadscore.score(points double precision, at timestamp with time zone, half_life interval) RETURNS leadscore.score
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_make';
COMMENT ON FUNCTION leadscore.score(double precision, timestamp with time zone, interval) IS
  'score with these points at this time and this half-life (a fixed length of at least a second); error 22003 for infinite points, 22008 for a time that is infinite or outside the years 1400 to 9999, 22023 for a half-life with months or shorter than a second';

CREATE FUNCTION leadscore.score(points double precision) RETURNS leadscore.score
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_make_constant';
COMMENT ON FUNCTION leadscore.score(double precision) IS
  'score that does not decay; error 22003 for infinite points';

CREATE CAST (double precision AS leadscore.score) WITH FUNCTION leadscore.score(double precision);
COMMENT ON CAST (double precision AS leadscore.score) IS 'score that does not decay';

CREATE FUNCTION leadscore.value_at(score leadscore.score, at timestamp with time zone) RETURNS double precision
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_value_at';
COMMENT ON FUNCTION leadscore.value_at(leadscore.score, timestamp with time zone) IS
  'points at a time before or after the reference time; 0 far after it; error 22003 where they are out of range far before it, 22008 for a time that is infinite or outside the years 1400 to 9999';

CREATE FUNCTION leadscore.points(score leadscore.score) RETURNS double precision
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_points';
COMMENT ON FUNCTION leadscore.points(leadscore.score) IS
  'points at the reference time';

CREATE FUNCTION leadscore.reference_time(score leadscore.score) RETURNS timestamp with time zone
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_reference_time';
COMMENT ON FUNCTION leadscore.reference_time(leadscore.score) IS
  'time at which the score has its points; NULL where it does not decay';

CREATE FUNCTION leadscore.half_life(score leadscore.score) RETURNS interval
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_half_life';
COMMENT ON FUNCTION leadscore.half_life(leadscore.score) IS
  'half-life, in days of 24 hours; NULL where the score does not decay';

CREATE FUNCTION leadscore.cools_at(score leadscore.score, threshold double precision) RETURNS timestamp with time zone
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_cools_at';
COMMENT ON FUNCTION leadscore.cools_at(leadscore.score, double precision) IS
  'when the points reach the threshold, before the reference time or after it; NULL if never: threshold 0, infinite or NaN or of the other sign, no points, no decay; negative points rise to a negative threshold; error 22008 where that is outside the years 1400 to 9999';

CREATE FUNCTION leadscore.score_add(leadscore.score, leadscore.score) RETURNS leadscore.score
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_add';
COMMENT ON FUNCTION leadscore.score_add(leadscore.score, leadscore.score) IS
  'sum, at the later of the two reference times; error 22023 for different half-lives, 22003 out of range: implements +';

CREATE FUNCTION leadscore.score_subtract(leadscore.score, leadscore.score) RETURNS leadscore.score
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_subtract';
COMMENT ON FUNCTION leadscore.score_subtract(leadscore.score, leadscore.score) IS
  'difference, at the later of the two reference times; error 22023 for different half-lives, 22003 out of range: implements -';

CREATE FUNCTION leadscore.score_negate(leadscore.score) RETURNS leadscore.score
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_negate';
COMMENT ON FUNCTION leadscore.score_negate(leadscore.score) IS
  'negated score: implements -';

CREATE FUNCTION leadscore.score_multiply(leadscore.score, double precision) RETURNS leadscore.score
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_multiply';
COMMENT ON FUNCTION leadscore.score_multiply(leadscore.score, double precision) IS
  'score times a number; error 22003 out of range: implements *';

CREATE FUNCTION leadscore.score_multiply(double precision, leadscore.score) RETURNS leadscore.score
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_multiply_commuted';
COMMENT ON FUNCTION leadscore.score_multiply(double precision, leadscore.score) IS
  'number times a score; error 22003 out of range: implements *';

CREATE FUNCTION leadscore.score_divide(leadscore.score, double precision) RETURNS leadscore.score
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_divide';
COMMENT ON FUNCTION leadscore.score_divide(leadscore.score, double precision) IS
  'score divided by a number; error 22012 for 0, 22003 out of range: implements /';

CREATE OPERATOR leadscore.@ (
  FUNCTION = leadscore.value_at, LEFTARG = leadscore.score, RIGHTARG = timestamp with time zone
);
COMMENT ON OPERATOR leadscore.@ (leadscore.score, timestamp with time zone) IS 'points at a time';

CREATE OPERATOR leadscore.+ (
  FUNCTION = leadscore.score_add, LEFTARG = leadscore.score, RIGHTARG = leadscore.score,
  COMMUTATOR = OPERATOR(leadscore.+)
);
COMMENT ON OPERATOR leadscore.+ (leadscore.score, leadscore.score) IS 'sum of scores of one half-life';

CREATE OPERATOR leadscore.- (
  FUNCTION = leadscore.score_subtract, LEFTARG = leadscore.score, RIGHTARG = leadscore.score
);
COMMENT ON OPERATOR leadscore.- (leadscore.score, leadscore.score) IS 'difference of scores of one half-life';

CREATE OPERATOR leadscore.- (
  FUNCTION = leadscore.score_negate, RIGHTARG = leadscore.score
);
COMMENT ON OPERATOR leadscore.- (NONE, leadscore.score) IS 'negated score';

CREATE OPERATOR leadscore.* (
  FUNCTION = leadscore.score_multiply, LEFTARG = leadscore.score, RIGHTARG = double precision,
  COMMUTATOR = OPERATOR(leadscore.*)
);
COMMENT ON OPERATOR leadscore.* (leadscore.score, double precision) IS 'score times a number';

CREATE OPERATOR leadscore.* (
  FUNCTION = leadscore.score_multiply, LEFTARG = double precision, RIGHTARG = leadscore.score,
  COMMUTATOR = OPERATOR(leadscore.*)
);
COMMENT ON OPERATOR leadscore.* (double precision, leadscore.score) IS 'number times a score';

CREATE OPERATOR leadscore./ (
  FUNCTION = leadscore.score_divide, LEFTARG = leadscore.score, RIGHTARG = double precision
);
COMMENT ON OPERATOR leadscore./ (leadscore.score, double precision) IS 'score divided by a number';

-- Order and equality.

CREATE FUNCTION leadscore.score_lt(leadscore.score, leadscore.score) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_lt';
COMMENT ON FUNCTION leadscore.score_lt(leadscore.score, leadscore.score) IS
  'less than: implements <';

CREATE FUNCTION leadscore.score_le(leadscore.score, leadscore.score) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_le';
COMMENT ON FUNCTION leadscore.score_le(leadscore.score, leadscore.score) IS
  'less than or equal: implements <=';

CREATE FUNCTION leadscore.score_eq(leadscore.score, leadscore.score) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_eq';
COMMENT ON FUNCTION leadscore.score_eq(leadscore.score, leadscore.score) IS
  'equal: implements =';

CREATE FUNCTION leadscore.score_ne(leadscore.score, leadscore.score) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_ne';
COMMENT ON FUNCTION leadscore.score_ne(leadscore.score, leadscore.score) IS
  'not equal: implements <>';

CREATE FUNCTION leadscore.score_ge(leadscore.score, leadscore.score) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_ge';
COMMENT ON FUNCTION leadscore.score_ge(leadscore.score, leadscore.score) IS
  'greater than or equal: implements >=';

CREATE FUNCTION leadscore.score_gt(leadscore.score, leadscore.score) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_gt';
COMMENT ON FUNCTION leadscore.score_gt(leadscore.score, leadscore.score) IS
  'greater than: implements >';

CREATE FUNCTION leadscore.score_cmp(leadscore.score, leadscore.score) RETURNS integer
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_cmp';
COMMENT ON FUNCTION leadscore.score_cmp(leadscore.score, leadscore.score) IS
  '-1, 0 or 1: scores of one half-life in the order of their points at any common time, which never changes; different half-lives by half-life first; what does not decay behind them, NaN last';

CREATE FUNCTION leadscore.score_hash(leadscore.score) RETURNS integer
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_hash';
COMMENT ON FUNCTION leadscore.score_hash(leadscore.score) IS
  'hash; equal values have equal hashes';

CREATE FUNCTION leadscore.score_hash_extended(leadscore.score, bigint) RETURNS bigint
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_hash_extended';
COMMENT ON FUNCTION leadscore.score_hash_extended(leadscore.score, bigint) IS
  'hash of 64 bits with a seed';

CREATE FUNCTION leadscore.score_sortsupport(internal) RETURNS void
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_sortsupport';
COMMENT ON FUNCTION leadscore.score_sortsupport(internal) IS
  'sort support with abbreviated keys';

CREATE OPERATOR leadscore.< (
  FUNCTION = leadscore.score_lt, LEFTARG = leadscore.score, RIGHTARG = leadscore.score,
  COMMUTATOR = OPERATOR(leadscore.>), NEGATOR = OPERATOR(leadscore.>=), RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR leadscore.< (leadscore.score, leadscore.score) IS 'less than';

CREATE OPERATOR leadscore.<= (
  FUNCTION = leadscore.score_le, LEFTARG = leadscore.score, RIGHTARG = leadscore.score,
  COMMUTATOR = OPERATOR(leadscore.>=), NEGATOR = OPERATOR(leadscore.>), RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR leadscore.<= (leadscore.score, leadscore.score) IS 'less than or equal';

CREATE OPERATOR leadscore.= (
  FUNCTION = leadscore.score_eq, LEFTARG = leadscore.score, RIGHTARG = leadscore.score,
  COMMUTATOR = OPERATOR(leadscore.=), NEGATOR = OPERATOR(leadscore.<>), RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel,
  HASHES, MERGES
);
COMMENT ON OPERATOR leadscore.= (leadscore.score, leadscore.score) IS 'equal';

CREATE OPERATOR leadscore.<> (
  FUNCTION = leadscore.score_ne, LEFTARG = leadscore.score, RIGHTARG = leadscore.score,
  COMMUTATOR = OPERATOR(leadscore.<>), NEGATOR = OPERATOR(leadscore.=), RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR leadscore.<> (leadscore.score, leadscore.score) IS 'not equal';

CREATE OPERATOR leadscore.>= (
  FUNCTION = leadscore.score_ge, LEFTARG = leadscore.score, RIGHTARG = leadscore.score,
  COMMUTATOR = OPERATOR(leadscore.<=), NEGATOR = OPERATOR(leadscore.<), RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR leadscore.>= (leadscore.score, leadscore.score) IS 'greater than or equal';

CREATE OPERATOR leadscore.> (
  FUNCTION = leadscore.score_gt, LEFTARG = leadscore.score, RIGHTARG = leadscore.score,
  COMMUTATOR = OPERATOR(leadscore.<), NEGATOR = OPERATOR(leadscore.<=), RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR leadscore.> (leadscore.score, leadscore.score) IS 'greater than';

CREATE OPERATOR CLASS leadscore.score_ops DEFAULT FOR TYPE leadscore.score USING btree AS
  OPERATOR 1 leadscore.<,
  OPERATOR 2 leadscore.<=,
  OPERATOR 3 leadscore.=,
  OPERATOR 4 leadscore.>=,
  OPERATOR 5 leadscore.>,
  FUNCTION 1 leadscore.score_cmp(leadscore.score, leadscore.score),
  FUNCTION 2 leadscore.score_sortsupport(internal);
COMMENT ON OPERATOR CLASS leadscore.score_ops USING btree IS 'scores of one half-life in the order of their points at any common time, which never changes; different half-lives by half-life first; what does not decay behind them, NaN last';
COMMENT ON OPERATOR FAMILY leadscore.score_ops USING btree IS 'scores of one half-life in the order of their points at any common time, which never changes; different half-lives by half-life first; what does not decay behind them, NaN last';

CREATE OPERATOR CLASS leadscore.score_hash_ops DEFAULT FOR TYPE leadscore.score USING hash AS
  OPERATOR 1 leadscore.=,
  FUNCTION 1 leadscore.score_hash(leadscore.score),
  FUNCTION 2 leadscore.score_hash_extended(leadscore.score, bigint);
COMMENT ON OPERATOR CLASS leadscore.score_hash_ops USING hash IS 'equality of score values';
COMMENT ON OPERATOR FAMILY leadscore.score_hash_ops USING hash IS 'equality of score values';
