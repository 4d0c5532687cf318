-- What all CRMs share: the comparison of what is kept with what the oracle of the CRM says, and its counts.
--
-- A CRM brings two views of one shape, proof.kept and proof.expected: part, key, value. A part is one thing that can be
-- read (a score of an entity, the members' average, who is hot); value is a number, or 'NaN' where SQL says NULL, so that
-- NULL is compared, too. All points are positive: the sum of absolute points is the sum.
-- The views come later.
SET check_function_bodies = off;
CREATE SCHEMA proof;
CREATE SEQUENCE proof.number;
CREATE TABLE proof.tally (compared bigint NOT NULL, differing bigint NOT NULL, verified bigint NOT NULL);
CREATE TABLE proof.score (score text PRIMARY KEY);

CREATE UNLOGGED TABLE proof.truth (part text, key text, value float8, PRIMARY KEY (part, key));
CREATE UNLOGGED TABLE proof.truth_before (LIKE proof.truth INCLUDING ALL);
CREATE UNLOGGED TABLE proof.reading (part text, key text, value float8, PRIMARY KEY (part, key));

CREATE FUNCTION proof.differences() RETURNS TABLE (part text, key text, kept float8, expected float8) LANGUAGE sql STABLE AS $$
  SELECT part, key, k.value, e.value
  FROM proof.reading AS k FULL JOIN proof.truth AS e USING (part, key)
  WHERE k.value IS NULL OR e.value IS NULL
     OR CASE WHEN e.value = 'NaN' OR k.value = 'NaN' THEN k.value <> e.value
             ELSE NOT abs(k.value - e.value) <= 1e-9 * greatest(1, abs(e.value)) END
$$;

-- What the oracle says now; it needs saying once for several comparisons with nothing written in between.
CREATE FUNCTION proof.prepare_oracle() RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION proof.ask_oracle() RETURNS void LANGUAGE sql AS $$
  SELECT proof.prepare_oracle();
  TRUNCATE proof.truth_before;
  INSERT INTO proof.truth_before TABLE proof.truth;
  TRUNCATE proof.truth;
  INSERT INTO proof.truth SELECT part, key, value FROM proof.expected;
$$;
CREATE FUNCTION proof.moved() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM proof.truth AS t FULL JOIN proof.truth_before AS b USING (part, key) WHERE abs(t.value - b.value) <= 1e-9 * greatest(1, abs(t.value)) IS NOT TRUE AND t.value IS DISTINCT FROM b.value
$$;

-- One line of TAP: every value that is read against the oracle, and verify.
CREATE FUNCTION proof.compare(what text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  compared bigint;
  differing bigint;
  faults text[];
BEGIN
  DELETE FROM proof.reading;
  INSERT INTO proof.reading SELECT part, key, value FROM proof.kept;
  SELECT count(*) INTO compared FROM proof.truth;
  SELECT count(*) INTO differing FROM proof.differences();
  faults := ARRAY(SELECT format('%s: %s', s.score, v) FROM proof.score AS s CROSS JOIN LATERAL leadscore.verify(s.score) AS v);
  INSERT INTO proof.tally VALUES (compared, differing, cardinality(faults));
  RETURN format('%s %s - %s: %s values, %s moved', CASE WHEN differing = 0 AND faults = '{}' AND compared > 0 THEN 'ok' ELSE 'not ok' END,
                nextval('proof.number'), what, compared, proof.moved())
    || coalesce((SELECT E'\n' || string_agg(format('# %s', d), E'\n') FROM (SELECT * FROM proof.differences() ORDER BY 1, 2 LIMIT 5) AS d), '')
    || coalesce((SELECT E'\n' || string_agg('# verify ' || f, E'\n') FROM unnest(faults[:5]) AS f), '');
END
$$;

CREATE FUNCTION proof.is(what text, holds boolean) RETURNS text LANGUAGE sql AS $$
  SELECT format('%s %s - %s', CASE WHEN holds THEN 'ok' ELSE 'not ok' END, nextval('proof.number'), what)
$$;

-- The clock, and the oracle's with it.
CREATE TABLE proof.asof (ts timestamptz NOT NULL);
INSERT INTO proof.asof VALUES ('2000-01-01');
CREATE FUNCTION proof.set_clock(instant timestamptz) RETURNS void LANGUAGE sql AS $$
  UPDATE proof.asof SET ts = instant;
  SELECT set_config('pg_leadscore.clock', instant::text, false);
$$;

-- Commands for \gexec: time passes, nothing is written, and now and then what is due is folded.
CREATE FUNCTION proof.pass(now timestamptz, VARIADIC spans interval[]) RETURNS TABLE (step text, fold text) LANGUAGE sql STABLE AS $$
  SELECT format('SELECT proof.look_at(%L)', now + span), CASE n % 2 WHEN 0 THEN 'CALL leadscore.tick()' END
  FROM unnest(spans) WITH ORDINALITY AS s(span, n) ORDER BY n
$$;
CREATE FUNCTION proof.look_at(instant timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM proof.set_clock(instant);
  PERFORM proof.ask_oracle();
  RETURN proof.compare('at ' || instant);
END
$$;
