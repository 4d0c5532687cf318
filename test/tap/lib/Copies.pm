# What a copy of a database has in common with the original, however it was made, and what it can do.
package Copies;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use Crm;
use Test::More;

our @EXPORT = qw(make_unfinished contents_of_copy goes_on_right);

# Some of it folded; changes, marks of entities and one of all are not.
sub make_unfinished
{
	my ($node, $database) = @_;
	$node->safe_psql($database, <<'SQL');
SELECT leadscore.create_score('crm.draft', entities => '{lead}', decay => 'linear(3 days)');
SELECT leadscore.create_rule('crm.draft', 'mail', source => 'mail', points => '1');
SELECT leadscore.create_score('crm.paused', based_on => 'draft');
CALL leadscore.publish('crm.paused');
CALL leadscore.pause('crm.paused');
CALL leadscore.tick();
INSERT INTO crm.activity (lead_id, kind, at, points) SELECT 1 + g % 60, 'call', now() - g * interval '1 second', g FROM generate_series(1, 200) AS g;
UPDATE crm.activity SET points = points + 1 WHERE id % 5 = 0;
DELETE FROM crm.mail WHERE id % 7 = 0;
UPDATE crm.lead SET city = 'Newcastle', title = 'director' WHERE id % 10 = 1;
UPDATE crm.lead SET title = NULL WHERE id % 20 = 1;
SELECT crm.lead_withdraw(3, 'by mistake');
DELETE FROM crm.given WHERE lead_id = 3;
INSERT INTO crm.meeting (at) VALUES (now());
TRUNCATE crm.attendee;
INSERT INTO crm.attendee SELECT g, 1 + g % 60 FROM generate_series(1, 150) AS g;
SQL
	return;
}

# The queries for all that a copy must have in common with the original from now on.
sub contents_of_copy
{
	my ($node, $database) = @_;
	my $now = $node->safe_psql($database, 'SELECT clock_timestamp()');
	return <<"SQL";
SET extra_float_digits = -3;
SET pg_leadscore.clock = '$now';
SELECT l::text FROM crm.lead_scores AS l ORDER BY 1;
SELECT a::text FROM crm.account_fading AS a ORDER BY 1;
SELECT a::text FROM crm.lead_adjustments AS a ORDER BY 1;
SELECT o::text FROM crm.lead_once AS o ORDER BY 1;
SELECT s, l.id, e::text FROM crm.lead AS l CROSS JOIN unnest('{fading,kept,linked,fit}'::text[]) AS s CROSS JOIN LATERAL crm.lead_explain(s, l.id) AS e WHERE l.id IN (1, 11, 30) ORDER BY 1, 2, 3;
SELECT model, score, entity, decay, state, pending, marked, due, disabled_triggers, broken_because FROM leadscore.status ORDER BY 1, 2, 3, 4, 5, 6;
SELECT c::text FROM leadscore.scores AS c ORDER BY 1;
SELECT jsonb_pretty(leadscore.export_model('crm'));
SELECT object FROM objects ORDER BY 1;
SELECT rolname, relname, privilege_type FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee WHERE relnamespace = 'crm'::regnamespace ORDER BY 2, 1, 3;
SQL
}

# A copy is right, and goes on scoring.
sub goes_on_right
{
	my ($node, $database, $how) = @_;
	is_right($node, $database, $how);
	# The extension's event triggers were there when the tables were altered.
	is($node->safe_psql($database, q(SELECT string_agg(message, ' ') FROM leadscore_internal.incident)), '', "$how: nothing is broken");
	$node->safe_psql($database, <<'SQL');
INSERT INTO crm.activity (lead_id, kind, at, points) SELECT g, 'call', clock_timestamp(), g FROM generate_series(1, 60) AS g;
UPDATE crm.meeting SET held = NOT held WHERE id % 4 = 0;
UPDATE crm.attendee SET declined = true WHERE lead_id = 7;
UPDATE crm.lead SET title = 'director', account_id = 1 WHERE id % 3 = 0;
DELETE FROM crm.mail WHERE id % 3 = 0;
SELECT crm.give(5, 5);
SQL
	is_right($node, $database, "$how, after writes");
	is_folded($node, $database, $how);
	is_right($node, $database, "$how, after a fold");
	$node->safe_psql($database, q(CALL leadscore.publish('crm.draft'); CALL leadscore.resume('crm.paused'); CALL leadscore.publish('crm.fading')));
	is_right($node, $database, "$how, after publishing");
	return;
}

1;
