-- How the demo draws: bars and curves of block characters, or of # where the terminal may have none.

CREATE FUNCTION pg_temp.bar(value float8, full_value float8, width int, blocks boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  WITH eighths AS (SELECT greatest(0, round(8 * width * value / nullif(full_value, 0)))::int AS n)
  SELECT CASE WHEN blocks THEN repeat('█', n / 8) || substr('▏▎▍▌▋▊▉', n % 8, sign(n % 8)::int)
              ELSE repeat('#', (n + 4) / 8) END
  FROM eighths
$$;

-- One cell of a curve: row 1 is the lowest; height is that of the value, in rows.
CREATE FUNCTION pg_temp.cell(height float8, row_number int, blocks boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  WITH eighths AS (SELECT least(8, greatest(0, round(8 * (height - row_number + 1))))::int AS n)
  SELECT CASE WHEN blocks THEN substr(' ▁▂▃▄▅▆▇█', n + 1, 1) WHEN n >= 4 THEN '#' ELSE ' ' END
  FROM eighths
$$;

CREATE FUNCTION pg_temp.number(n bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT to_char(n, 'FM999,999,999,999') $$;

-- Ends the demo where it would show something untrue.
CREATE FUNCTION pg_temp.check(holds boolean, claim text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
  IF holds IS NOT TRUE THEN
    RAISE EXCEPTION 'this does not hold: %', claim;
  END IF;
  RETURN '';
END
$$;

-- Contacts have no names in the corpus.
CREATE FUNCTION pg_temp.contact(id int) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT '#' || id $$;
