-- What users never name: the catalogue, and the functions behind the public ones.

CREATE SCHEMA leadscore_internal;
COMMENT ON SCHEMA leadscore_internal IS 'pg_leadscore: catalogue and implementation; use the functions and views in leadscore';

CREATE FUNCTION leadscore.clock() RETURNS timestamptz
  AS 'MODULE_PATHNAME', 'leadscore_clock' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore.clock() IS
  'The instant at which scores are read: now(), or the setting pg_leadscore.clock where a superuser has set it.';

CREATE FUNCTION leadscore_internal.folding_clock() RETURNS timestamptz
  AS 'MODULE_PATHNAME', 'leadscore_folding_clock' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.folding_clock() IS
  'The present moment, or the setting pg_leadscore.clock: a fold counts activities up to it as having occurred.';

CREATE FUNCTION leadscore_internal.caller() RETURNS oid
  AS 'MODULE_PATHNAME', 'leadscore_caller' LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.caller() IS 'The role that called the set-up function under way.';

-- through: NULL for an expression on a row alone; else the row also has a name, source or member, and the tables in through
-- are called through, or through1, through2, … if there are several. may_be_set: a key of a link may give several values.
CREATE FUNCTION leadscore_internal.canonical_expression(relation regclass, expression text, type regtype, role text, through regclass[] DEFAULT NULL,
                                                        row_name text DEFAULT 'source', may_be_set boolean DEFAULT false)
  RETURNS text AS 'MODULE_PATHNAME', 'leadscore_canonical_expression' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.canonical_expression(regclass, text, regtype, text, regclass[], text, boolean) IS
  'Checks an expression on a row of the table and gives it back as text that means the same under every search_path.';

CREATE FUNCTION leadscore_internal.expression_type(relation regclass, expression text, role text, through regclass[] DEFAULT NULL,
                                                   row_name text DEFAULT 'source', may_be_set boolean DEFAULT false)
  RETURNS regtype AS 'MODULE_PATHNAME', 'leadscore_expression_type' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.expression_type(regclass, text, text, regclass[], text, boolean) IS
  'Checks an expression on a row of the table and tells its base type.';

CREATE FUNCTION leadscore_internal.conjuncts(relation regclass, through regclass[], expression text, type regtype, role text, row_name text DEFAULT 'source',
                                             OUT condition text, OUT tables int, OUT columns text[], OUT is_set boolean, OUT on_array text)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'leadscore_conjuncts' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 3;
COMMENT ON FUNCTION leadscore_internal.conjuncts(regclass, regclass[], text, regtype, text, text) IS
  'The parts that AND joins, with the tables (bit 0: the row, bit n: table n of through) and the columns (0.name, n.name) that each uses, whether it gives a set, and for the elements of an array a condition that it has one of those in $1.';

CREATE FUNCTION leadscore_internal.casts_implicitly(source regtype, target regtype)
  RETURNS boolean AS 'MODULE_PATHNAME', 'leadscore_casts_implicitly' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.casts_implicitly(regtype, regtype) IS
  'Whether values of one type stand where the other is wanted.';

CREATE FUNCTION leadscore_internal.equality_operator(type regtype)
  RETURNS text AS 'MODULE_PATHNAME', 'leadscore_equality_operator' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.equality_operator(regtype) IS
  'The equality of the btree class of a type, qualified, for generated SQL; NULL where the type has none.';

CREATE FUNCTION leadscore_internal.facts(component int, keys anyarray, from_time timestamptz, to_time timestamptz)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'leadscore_facts' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION leadscore_internal.facts(int, anyarray, timestamptz, timestamptz) IS
  'What the CRM''s rows give to a component (key, occurred_at, points, activities), read as the owners of the tables.';

CREATE FUNCTION leadscore_internal.explained_facts(component int, keys anyarray)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'leadscore_explained_facts' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION leadscore_internal.explained_facts(int, anyarray) IS
  'The same, a line for each rule that a row matches (key, occurred_at, points, rule, source, row_key, within_limit).';
