-- The aggregates. Their states are types of their own and not internal, so that partial aggregates can travel between
-- servers, as text or in binary.

CREATE TYPE leadscore.decayed_sum_state;

CREATE FUNCTION leadscore.decayed_sum_state_in(cstring) RETURNS leadscore.decayed_sum_state
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_sum_state_in';
COMMENT ON FUNCTION leadscore.decayed_sum_state_in(cstring) IS
  'text input of decayed_sum_state';

CREATE FUNCTION leadscore.decayed_sum_state_out(leadscore.decayed_sum_state) RETURNS cstring
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_sum_state_out';
COMMENT ON FUNCTION leadscore.decayed_sum_state_out(leadscore.decayed_sum_state) IS
  'text output of decayed_sum_state';

CREATE FUNCTION leadscore.decayed_sum_state_recv(internal) RETURNS leadscore.decayed_sum_state
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_sum_state_recv';
COMMENT ON FUNCTION leadscore.decayed_sum_state_recv(internal) IS
  'binary input of decayed_sum_state';

CREATE FUNCTION leadscore.decayed_sum_state_send(leadscore.decayed_sum_state) RETURNS bytea
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_sum_state_send';
COMMENT ON FUNCTION leadscore.decayed_sum_state_send(leadscore.decayed_sum_state) IS
  'binary output of decayed_sum_state, with a version';

CREATE TYPE leadscore.decayed_sum_state (
  INPUT = leadscore.decayed_sum_state_in, OUTPUT = leadscore.decayed_sum_state_out,
  RECEIVE = leadscore.decayed_sum_state_recv, SEND = leadscore.decayed_sum_state_send,
  INTERNALLENGTH = 48, ALIGNMENT = double, STORAGE = plain
);
COMMENT ON TYPE leadscore.decayed_sum_state IS
  'state of decayed_sum and decayed_count: version, whether it is exact, rows, rows with NaN, sum, rounding error';

CREATE TYPE leadscore.decayed_avg_state;

CREATE FUNCTION leadscore.decayed_avg_state_in(cstring) RETURNS leadscore.decayed_avg_state
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_avg_state_in';
COMMENT ON FUNCTION leadscore.decayed_avg_state_in(cstring) IS
  'text input of decayed_avg_state';

CREATE FUNCTION leadscore.decayed_avg_state_out(leadscore.decayed_avg_state) RETURNS cstring
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_avg_state_out';
COMMENT ON FUNCTION leadscore.decayed_avg_state_out(leadscore.decayed_avg_state) IS
  'text output of decayed_avg_state';

CREATE FUNCTION leadscore.decayed_avg_state_recv(internal) RETURNS leadscore.decayed_avg_state
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_avg_state_recv';
COMMENT ON FUNCTION leadscore.decayed_avg_state_recv(internal) IS
  'binary input of decayed_avg_state';

CREATE FUNCTION leadscore.decayed_avg_state_send(leadscore.decayed_avg_state) RETURNS bytea
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_avg_state_send';
COMMENT ON FUNCTION leadscore.decayed_avg_state_send(leadscore.decayed_avg_state) IS
  'binary output of decayed_avg_state, with a version';

CREATE TYPE leadscore.decayed_avg_state (
  INPUT = leadscore.decayed_avg_state_in, OUTPUT = leadscore.decayed_avg_state_out,
  RECEIVE = leadscore.decayed_avg_state_recv, SEND = leadscore.decayed_avg_state_send,
  INTERNALLENGTH = 64, ALIGNMENT = double, STORAGE = plain
);
COMMENT ON TYPE leadscore.decayed_avg_state IS
  'state of decayed_avg: version, whether it is exact, rows, rows with NaN, sum of the weights, rounding error, sum of the weighed points, rounding error';

CREATE TYPE leadscore.score_sum_state;

CREATE FUNCTION leadscore.score_sum_state_in(cstring) RETURNS leadscore.score_sum_state
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_sum_state_in';
COMMENT ON FUNCTION leadscore.score_sum_state_in(cstring) IS
  'text input of score_sum_state';

CREATE FUNCTION leadscore.score_sum_state_out(leadscore.score_sum_state) RETURNS cstring
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_sum_state_out';
COMMENT ON FUNCTION leadscore.score_sum_state_out(leadscore.score_sum_state) IS
  'text output of score_sum_state';

CREATE FUNCTION leadscore.score_sum_state_recv(internal) RETURNS leadscore.score_sum_state
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_sum_state_recv';
COMMENT ON FUNCTION leadscore.score_sum_state_recv(internal) IS
  'binary input of score_sum_state';

CREATE FUNCTION leadscore.score_sum_state_send(leadscore.score_sum_state) RETURNS bytea
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_score_sum_state_send';
COMMENT ON FUNCTION leadscore.score_sum_state_send(leadscore.score_sum_state) IS
  'binary output of score_sum_state, with a version';

CREATE TYPE leadscore.score_sum_state (
  INPUT = leadscore.score_sum_state_in, OUTPUT = leadscore.score_sum_state_out,
  RECEIVE = leadscore.score_sum_state_recv, SEND = leadscore.score_sum_state_send,
  INTERNALLENGTH = 72, ALIGNMENT = double, STORAGE = plain
);
COMMENT ON TYPE leadscore.score_sum_state IS
  'state of score_agg and sum(score): version, whether it is exact, rows, rows with NaN, half-life and reference and latest time in microseconds (since 2000), sum, rounding error';

-- decayed_sum and decayed_count

CREATE FUNCTION leadscore.decayed_sum_add(leadscore.decayed_sum_state, double precision, timestamp with time zone, leadscore.decay, timestamp with time zone) RETURNS leadscore.decayed_sum_state
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_sum_add';
COMMENT ON FUNCTION leadscore.decayed_sum_add(leadscore.decayed_sum_state, double precision, timestamp with time zone, leadscore.decay, timestamp with time zone) IS
  'transition function of decayed_sum';

CREATE FUNCTION leadscore.decayed_sum_remove(leadscore.decayed_sum_state, double precision, timestamp with time zone, leadscore.decay, timestamp with time zone) RETURNS leadscore.decayed_sum_state
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_sum_remove';
COMMENT ON FUNCTION leadscore.decayed_sum_remove(leadscore.decayed_sum_state, double precision, timestamp with time zone, leadscore.decay, timestamp with time zone) IS
  'inverse transition function of decayed_sum; NULL where it would not be exact';

CREATE FUNCTION leadscore.decayed_count_add(leadscore.decayed_sum_state, timestamp with time zone, leadscore.decay, timestamp with time zone) RETURNS leadscore.decayed_sum_state
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_count_add';
COMMENT ON FUNCTION leadscore.decayed_count_add(leadscore.decayed_sum_state, timestamp with time zone, leadscore.decay, timestamp with time zone) IS
  'transition function of decayed_count';

CREATE FUNCTION leadscore.decayed_count_remove(leadscore.decayed_sum_state, timestamp with time zone, leadscore.decay, timestamp with time zone) RETURNS leadscore.decayed_sum_state
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_count_remove';
COMMENT ON FUNCTION leadscore.decayed_count_remove(leadscore.decayed_sum_state, timestamp with time zone, leadscore.decay, timestamp with time zone) IS
  'inverse transition function of decayed_count; NULL where it would not be exact';

CREATE FUNCTION leadscore.decayed_sum_combine(leadscore.decayed_sum_state, leadscore.decayed_sum_state) RETURNS leadscore.decayed_sum_state
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_sum_combine';
COMMENT ON FUNCTION leadscore.decayed_sum_combine(leadscore.decayed_sum_state, leadscore.decayed_sum_state) IS
  'combine function of decayed_sum and decayed_count';

CREATE FUNCTION leadscore.decayed_sum_final(leadscore.decayed_sum_state) RETURNS double precision
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_sum_final';
COMMENT ON FUNCTION leadscore.decayed_sum_final(leadscore.decayed_sum_state) IS
  'final function of decayed_sum and decayed_count';

CREATE AGGREGATE leadscore.decayed_sum(points double precision, occurred_at timestamp with time zone, decay leadscore.decay, as_of timestamp with time zone) (
  SFUNC = leadscore.decayed_sum_add, STYPE = leadscore.decayed_sum_state, FINALFUNC = leadscore.decayed_sum_final, COMBINEFUNC = leadscore.decayed_sum_combine,
  MSFUNC = leadscore.decayed_sum_add, MINVFUNC = leadscore.decayed_sum_remove, MSTYPE = leadscore.decayed_sum_state, MFINALFUNC = leadscore.decayed_sum_final,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadscore.decayed_sum(double precision, timestamp with time zone, leadscore.decay, timestamp with time zone) IS
  'sum of the points, each times its weight at as_of; rows with a NULL are skipped, no rows give NULL; error 22003 for infinite points or a sum out of range, 22008 for times that are infinite or outside the years 1400 to 9999';

CREATE AGGREGATE leadscore.decayed_count(occurred_at timestamp with time zone, decay leadscore.decay, as_of timestamp with time zone) (
  SFUNC = leadscore.decayed_count_add, STYPE = leadscore.decayed_sum_state, FINALFUNC = leadscore.decayed_sum_final, COMBINEFUNC = leadscore.decayed_sum_combine,
  MSFUNC = leadscore.decayed_count_add, MINVFUNC = leadscore.decayed_count_remove, MSTYPE = leadscore.decayed_sum_state, MFINALFUNC = leadscore.decayed_sum_final,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadscore.decayed_count(timestamp with time zone, leadscore.decay, timestamp with time zone) IS
  'sum of the weights at as_of; rows with a NULL are skipped, no rows give NULL; error 22008 for times that are infinite or outside the years 1400 to 9999';

-- decayed_avg

CREATE FUNCTION leadscore.decayed_avg_add(leadscore.decayed_avg_state, double precision, timestamp with time zone, leadscore.decay, timestamp with time zone) RETURNS leadscore.decayed_avg_state
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_avg_add';
COMMENT ON FUNCTION leadscore.decayed_avg_add(leadscore.decayed_avg_state, double precision, timestamp with time zone, leadscore.decay, timestamp with time zone) IS
  'transition function of decayed_avg';

CREATE FUNCTION leadscore.decayed_avg_remove(leadscore.decayed_avg_state, double precision, timestamp with time zone, leadscore.decay, timestamp with time zone) RETURNS leadscore.decayed_avg_state
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_avg_remove';
COMMENT ON FUNCTION leadscore.decayed_avg_remove(leadscore.decayed_avg_state, double precision, timestamp with time zone, leadscore.decay, timestamp with time zone) IS
  'inverse transition function of decayed_avg; NULL where it would not be exact';

CREATE FUNCTION leadscore.decayed_avg_combine(leadscore.decayed_avg_state, leadscore.decayed_avg_state) RETURNS leadscore.decayed_avg_state
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_avg_combine';
COMMENT ON FUNCTION leadscore.decayed_avg_combine(leadscore.decayed_avg_state, leadscore.decayed_avg_state) IS
  'combine function of decayed_avg';

CREATE FUNCTION leadscore.decayed_avg_final(leadscore.decayed_avg_state) RETURNS double precision
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decayed_avg_final';
COMMENT ON FUNCTION leadscore.decayed_avg_final(leadscore.decayed_avg_state) IS
  'final function of decayed_avg';

CREATE AGGREGATE leadscore.decayed_avg(points double precision, occurred_at timestamp with time zone, decay leadscore.decay, as_of timestamp with time zone) (
  SFUNC = leadscore.decayed_avg_add, STYPE = leadscore.decayed_avg_state, FINALFUNC = leadscore.decayed_avg_final, COMBINEFUNC = leadscore.decayed_avg_combine,
  MSFUNC = leadscore.decayed_avg_add, MINVFUNC = leadscore.decayed_avg_remove, MSTYPE = leadscore.decayed_avg_state, MFINALFUNC = leadscore.decayed_avg_final,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadscore.decayed_avg(double precision, timestamp with time zone, leadscore.decay, timestamp with time zone) IS
  'average of the points, weighed at as_of; rows with a NULL are skipped, NULL where the weights add up to 0; error 22003 for infinite points or a sum out of range, 22008 for times that are infinite or outside the years 1400 to 9999';
