-- What the columns of the lists of leadscore say: tools for databases show it beside them.
DO $$
DECLARE
  described record;
BEGIN
  FOR described IN
    SELECT v.view_name, v.name, v.says FROM (VALUES
      ('entities', 'entity', 'Name of the entity; its views and functions begin with it'),
      ('entities', 'relation', 'Table whose rows are scored'),
      ('entities', 'key', 'Expression on the row: the key by which an entity is known'),
      ('entities', 'key_type', 'Type of the key'),
      ('entities', 'filter', 'Which rows are entities of this kind; NULL: all'),
      ('sources', 'source', 'Name of the source'),
      ('sources', 'relation', 'Table whose rows are activities'),
      ('sources', 'occurred_at', 'Expression on the row: when the activity occurred'),
      ('sources', 'time_zone', 'Time zone of a time that has none itself'),
      ('sources', 'filter', 'Which rows are activities; NULL: all'),
      ('sources', 'through', 'Lookup tables, called through, or through1, through2, …'),
      ('sources', 'join_on', 'How the lookup tables join the row'),
      ('sources', 'ahead', 'Activities stamped up to so far in the future count as if now'),
      ('links', 'source', 'Source of the activities'),
      ('links', 'entity', 'Entity that they count for'),
      ('links', 'key', 'Expression that gives the key of the entity'),
      ('links', 'filter', 'Which activities the link holds for; NULL: all'),
      ('links', 'through', 'Tables on the way, called through, or through1, through2, …'),
      ('links', 'join_on', 'How the tables on the way join the activity, called source'),
      ('scores', 'score', 'Name of the score'),
      ('scores', 'entities', 'Entities that it is kept for'),
      ('scores', 'decay', 'How the weight of an activity falls with its age'),
      ('scores', 'min_points', 'Points are raised to this; NULL: no limit'),
      ('scores', 'max_points', 'Points are cut at this; NULL: no limit'),
      ('scores', 'on_error', 'What a rule that fails on a row does: break stops the score, fail stops the write'),
      ('scores', 'state', 'draft, live, paused or retired'),
      ('scores', 'edited', 'Whether it was changed since it was published; the published version answers'),
      ('scores', 'published_at', 'When it was last published'),
      ('scores', 'description', 'What the score is about, as given'),
      ('scores', 'bands', 'Names of points, each with its least points; null: no lower bound'),
      ('rules', 'score', 'Score that the rule belongs to'),
      ('rules', 'rule', 'Name of the rule'),
      ('rules', 'source', 'Source whose activities it gives points to'),
      ('rules', 'points', 'Expression on the row: the points'),
      ('rules', 'filter', 'Which activities; NULL: all'),
      ('rules', 'decay', 'Decay of its own; NULL: that of the score'),
      ('rules', 'max_points', 'Its decayed sum is cut at this; NULL: no limit'),
      ('rules', 'at_most', 'So many activities of an entity count in each span of time, the earliest first; NULL: no limit'),
      ('rules', 'per', 'The span of time that at_most is for'),
      ('criteria', 'score', 'Score that the criterion belongs to'),
      ('criteria', 'criterion', 'Name of the criterion'),
      ('criteria', 'entity', 'Entity that it is about'),
      ('criteria', 'points', 'Expression on the entity''s row: the points'),
      ('criteria', 'filter', 'Condition on the entity''s row; NULL: always'),
      ('criteria', 'decay', 'Decay of its own; NULL: its points do not fade'),
      ('criteria', 'occurred_at', 'Expression on the row: from when it counts; NULL: always or, once, from when it first holds'),
      ('criteria', 'once', 'Whether the points stay when the condition turns false'),
      ('criteria', 'max_points', 'Its decayed points are cut at this; NULL: no limit'),
      ('rollups', 'score', 'Score that the roll-up belongs to'),
      ('rollups', 'entity', 'Entity that gets the points of its members'),
      ('rollups', 'of', 'Entity that the members are'),
      ('rollups', 'key', 'Expression that gives the key of the entity'),
      ('rollups', 'through', 'Tables on the way, called through, or through1, through2, …'),
      ('rollups', 'join_on', 'How the tables on the way join the member''s row, called member'),
      ('grades', 'grade', 'Name of the grade, and of its column in <entity>_scores'),
      ('grades', 'entity', 'Entity that is graded'),
      ('grades', 'fit_score', 'Score whose points give the letter'),
      ('grades', 'engagement_score', 'Score whose points give the digit'),
      ('grades', 'letters', 'Least points of each letter; null: no lower bound'),
      ('grades', 'digits', 'Least points of each digit; null: no lower bound'),
      ('status', 'score', 'Name of the score'),
      ('status', 'entity', 'Entity that it is kept for'),
      ('status', 'published_at', 'When it was last published')) AS v(view_name, name, says)
    UNION ALL
    SELECT c.relname, 'model', 'Schema of the model'
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'model'
    WHERE c.relnamespace = 'leadscore'::pg_catalog.regnamespace AND c.relkind = 'v'
  LOOP
    EXECUTE pg_catalog.format('COMMENT ON COLUMN leadscore.%I.%I IS %L', described.view_name, described.name, described.says);
  END LOOP;
END
$$;
