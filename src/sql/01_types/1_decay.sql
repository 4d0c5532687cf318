-- The type decay: how the weight of an activity depends on its age.

CREATE TYPE leadscore.decay;

CREATE FUNCTION leadscore.decay_in(cstring) RETURNS leadscore.decay
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_in';
COMMENT ON FUNCTION leadscore.decay_in(cstring) IS
  'text input of decay';

CREATE FUNCTION leadscore.decay_out(leadscore.decay) RETURNS cstring
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_out';
COMMENT ON FUNCTION leadscore.decay_out(leadscore.decay) IS
  'text output of decay';

CREATE FUNCTION leadscore.decay_recv(internal) RETURNS leadscore.decay
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_recv';
COMMENT ON FUNCTION leadscore.decay_recv(internal) IS
  'binary input of decay';

CREATE FUNCTION leadscore.decay_send(leadscore.decay) RETURNS bytea
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_send';
COMMENT ON FUNCTION leadscore.decay_send(leadscore.decay) IS
  'binary output of decay, with a version';

CREATE TYPE leadscore.decay (
  INPUT = leadscore.decay_in, OUTPUT = leadscore.decay_out,
  RECEIVE = leadscore.decay_recv, SEND = leadscore.decay_send,
  INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE leadscore.decay IS
  'how the weight of an activity depends on its age: none, window(90 days), exponential(30 days), step(30 days: 0.5, 90 days: 0), step(every 30 days: 0.5) or linear(90 days), with the options hold and expire; spans have a fixed length, a day is 24 hours';

CREATE FUNCTION leadscore.weight(decay leadscore.decay, age interval) RETURNS double precision
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_weight_at_age';
COMMENT ON FUNCTION leadscore.weight(leadscore.decay, interval) IS
  'weight at an age: 1 at age 0, 0 while the age is negative; a boundary belongs to the earlier side; error 22023 for an age with months or years, 22008 for one that is infinite or longer than 3300000 days';

CREATE FUNCTION leadscore.weight(decay leadscore.decay, occurred_at timestamp with time zone, as_of timestamp with time zone) RETURNS double precision
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_weight_at';
COMMENT ON FUNCTION leadscore.weight(leadscore.decay, timestamp with time zone, timestamp with time zone) IS
  'weight at as_of of what occurred at occurred_at: 0 where that is later; error 22008 for times that are infinite or outside the years 1400 to 9999';

CREATE FUNCTION leadscore.half_life(decay leadscore.decay) RETURNS interval
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_half_life';
COMMENT ON FUNCTION leadscore.half_life(leadscore.decay) IS
  'half-life of an exponential decay; NULL for any other';

CREATE FUNCTION leadscore.has_boundary(decay leadscore.decay) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_has_boundary';
COMMENT ON FUNCTION leadscore.has_boundary(leadscore.decay) IS
  'false where the order of two activities never changes as time passes: none, and exponential without options; true for all others';

-- Order and equality.

CREATE FUNCTION leadscore.decay_lt(leadscore.decay, leadscore.decay) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_lt';
COMMENT ON FUNCTION leadscore.decay_lt(leadscore.decay, leadscore.decay) IS
  'less than: implements <';

CREATE FUNCTION leadscore.decay_le(leadscore.decay, leadscore.decay) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_le';
COMMENT ON FUNCTION leadscore.decay_le(leadscore.decay, leadscore.decay) IS
  'less than or equal: implements <=';

CREATE FUNCTION leadscore.decay_eq(leadscore.decay, leadscore.decay) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_eq';
COMMENT ON FUNCTION leadscore.decay_eq(leadscore.decay, leadscore.decay) IS
  'equal: implements =';

CREATE FUNCTION leadscore.decay_ne(leadscore.decay, leadscore.decay) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_ne';
COMMENT ON FUNCTION leadscore.decay_ne(leadscore.decay, leadscore.decay) IS
  'not equal: implements <>';

CREATE FUNCTION leadscore.decay_ge(leadscore.decay, leadscore.decay) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_ge';
COMMENT ON FUNCTION leadscore.decay_ge(leadscore.decay, leadscore.decay) IS
  'greater than or equal: implements >=';

CREATE FUNCTION leadscore.decay_gt(leadscore.decay, leadscore.decay) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_gt';
COMMENT ON FUNCTION leadscore.decay_gt(leadscore.decay, leadscore.decay) IS
  'greater than: implements >';

CREATE FUNCTION leadscore.decay_cmp(leadscore.decay, leadscore.decay) RETURNS integer
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_cmp';
COMMENT ON FUNCTION leadscore.decay_cmp(leadscore.decay, leadscore.decay) IS
  '-1, 0 or 1: a total order of decays by kind and parameters; equal are decays with the same kind and the same parameters, whatever their spelling';

CREATE FUNCTION leadscore.decay_hash(leadscore.decay) RETURNS integer
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_hash';
COMMENT ON FUNCTION leadscore.decay_hash(leadscore.decay) IS
  'hash; equal values have equal hashes';

CREATE FUNCTION leadscore.decay_hash_extended(leadscore.decay, bigint) RETURNS bigint
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadscore_decay_hash_extended';
COMMENT ON FUNCTION leadscore.decay_hash_extended(leadscore.decay, bigint) IS
  'hash of 64 bits with a seed';

CREATE OPERATOR leadscore.< (
  FUNCTION = leadscore.decay_lt, LEFTARG = leadscore.decay, RIGHTARG = leadscore.decay,
  COMMUTATOR = OPERATOR(leadscore.>), NEGATOR = OPERATOR(leadscore.>=), RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR leadscore.< (leadscore.decay, leadscore.decay) IS 'less than';

CREATE OPERATOR leadscore.<= (
  FUNCTION = leadscore.decay_le, LEFTARG = leadscore.decay, RIGHTARG = leadscore.decay,
  COMMUTATOR = OPERATOR(leadscore.>=), NEGATOR = OPERATOR(leadscore.>), RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR leadscore.<= (leadscore.decay, leadscore.decay) IS 'less than or equal';

CREATE OPERATOR leadscore.= (
  FUNCTION = leadscore.decay_eq, LEFTARG = leadscore.decay, RIGHTARG = leadscore.decay,
  COMMUTATOR = OPERATOR(leadscore.=), NEGATOR = OPERATOR(leadscore.<>), RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel,
  HASHES, MERGES
);
COMMENT ON OPERATOR leadscore.= (leadscore.decay, leadscore.decay) IS 'equal';

CREATE OPERATOR leadscore.<> (
  FUNCTION = leadscore.decay_ne, LEFTARG = leadscore.decay, RIGHTARG = leadscore.decay,
  COMMUTATOR = OPERATOR(leadscore.<>), NEGATOR = OPERATOR(leadscore.=), RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR leadscore.<> (leadscore.decay, leadscore.decay) IS 'not equal';

CREATE OPERATOR leadscore.>= (
  FUNCTION = leadscore.decay_ge, LEFTARG = leadscore.decay, RIGHTARG = leadscore.decay,
  COMMUTATOR = OPERATOR(leadscore.<=), NEGATOR = OPERATOR(leadscore.<), RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR leadscore.>= (leadscore.decay, leadscore.decay) IS 'greater than or equal';

CREATE OPERATOR leadscore.> (
  FUNCTION = leadscore.decay_gt, LEFTARG = leadscore.decay, RIGHTARG = leadscore.decay,
  COMMUTATOR = OPERATOR(leadscore.<), NEGATOR = OPERATOR(leadscore.<=), RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR leadscore.> (leadscore.decay, leadscore.decay) IS 'greater than';

CREATE OPERATOR CLASS leadscore.decay_ops DEFAULT FOR TYPE leadscore.decay USING btree AS
  OPERATOR 1 leadscore.<,
  OPERATOR 2 leadscore.<=,
  OPERATOR 3 leadscore.=,
  OPERATOR 4 leadscore.>=,
  OPERATOR 5 leadscore.>,
  FUNCTION 1 leadscore.decay_cmp(leadscore.decay, leadscore.decay);
COMMENT ON OPERATOR CLASS leadscore.decay_ops USING btree IS 'a total order of decays by kind and parameters; equal are decays with the same kind and the same parameters, whatever their spelling';
COMMENT ON OPERATOR FAMILY leadscore.decay_ops USING btree IS 'a total order of decays by kind and parameters; equal are decays with the same kind and the same parameters, whatever their spelling';

CREATE OPERATOR CLASS leadscore.decay_hash_ops DEFAULT FOR TYPE leadscore.decay USING hash AS
  OPERATOR 1 leadscore.=,
  FUNCTION 1 leadscore.decay_hash(leadscore.decay),
  FUNCTION 2 leadscore.decay_hash_extended(leadscore.decay, bigint);
COMMENT ON OPERATOR CLASS leadscore.decay_hash_ops USING hash IS 'equality of decay values';
COMMENT ON OPERATOR FAMILY leadscore.decay_hash_ops USING hash IS 'equality of decay values';
