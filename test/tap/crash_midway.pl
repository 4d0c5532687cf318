# A publish, rebuild or tick that ends in the middle, with the server or by itself: the version before answers, and after the next
# tick nothing is left of what was begun. Where it ends is certain: something holds what it needs next.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/lib";
use Crm;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_cluster('midway');
set_up_crm($node, 'crm');

my $gate = 'SELECT pg_advisory_lock(42)';
my $closed = q(SET crm.gate = 'closed');
my $objects = q(SELECT string_agg(object, E'\n' ORDER BY object) FROM objects);

# What is held, what ends, and which of its statements waits for that.
my %midway = (
	'begin of publish' => [ 'BEGIN; DELETE FROM crm.activity WHERE false', q(CALL leadscore.publish('crm.fading')), 'CALL leadscore.publish%' ],
	'backfill of publish' => [ $gate, q(CALL leadscore.publish('crm.fading')), 'CALL leadscore.publish%' ],
	'finish of publish' => [ 'BEGIN; SELECT FROM crm.lead_fading LIMIT 1', q(CALL leadscore.publish('crm.fading')), 'CALL leadscore.publish%' ],
	'rebuild' => [ $gate, q(CALL leadscore.rebuild('crm.fading')), 'CALL leadscore.rebuild%' ],
	'tick' => [ $gate, 'CALL leadscore.tick()', 'CALL leadscore.tick%' ],
);

# An edit that is not published yet must not show, and is not lost.
$node->safe_psql('crm', q(SELECT leadscore.alter_rule('crm.fading', 'mail', points => '100')));
for my $what (sort keys %midway)
{
	my ($hold, $statement, $waits) = @{ $midway{$what} };
	for my $how ('immediate stop', 'killed backend', 'terminated session')
	{
		my $when = "$what, $how";
		$node->safe_psql('crm', 'CALL leadscore.tick()');
		my $before = $node->safe_psql('crm', $objects);
		# Something pending and, so that a tick reads rows, a mark as folds make it.
		$node->safe_psql('crm', <<'SQL');
INSERT INTO crm.activity (lead_id, at, points) SELECT g, now(), 7 FROM generate_series(1, 60) AS g;
INSERT INTO crm.attendee SELECT m, 1 FROM generate_series(1, 150) AS m ON CONFLICT DO NOTHING;
INSERT INTO crm.lead_pending (component, sign, activities, stamp, key)
SELECT c.id, 0, 0, '0', 1 FROM leadscore_internal.component AS c JOIN leadscore_internal.score AS s ON s.id = c.score WHERE s.name = 'fading';
SQL
		my $holder = begin_statements($node, 'crm', $hold, 'SELECT pg_sleep(180)');
		$node->poll_query_until('crm', q(SELECT count(*) = 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(180)')) or die 'nobody holds it';
		my $ended = begin_statements($node, 'crm', $closed, $statement);
		my $pid = wait_for_lock($node, 'crm', $waits);
		# Whoever finishes waits for readers, and new readers for it.
		is_right($node, 'crm', "$when, before it") if $what !~ /finish/;
		if ($how eq 'terminated session')
		{
			$node->safe_psql('crm', "SELECT pg_terminate_backend($pid)");
			end_of($ended);
			$node->safe_psql('crm', q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(180)'));
		}
		else
		{
			crash($node, $how, $pid);
			end_of($ended);
		}
		end_of($holder);
		is_right($node, 'crm', $when);
		like($node->safe_psql('crm', $objects), qr/half-built/, "$when: a version had been begun") if $what =~ /backfill|finish/;
		# Writers go on, also those who write for both versions.
		$node->safe_psql('crm', 'INSERT INTO crm.activity (lead_id, at, points) SELECT g, now(), 1 FROM generate_series(1, 60) AS g; CALL leadscore.tick()');
		is_right($node, 'crm', "$when, after a write and a tick");
		is($node->safe_psql('crm', $objects), $before, "$when: nothing half-built is left");
	}
}

$node->safe_psql('crm', q(CALL leadscore.publish('crm.fading')));
isnt($node->safe_psql('crm', 'SELECT count(*) FROM crm.wrong()'), '0', 'the edit was not lost: published at last, it answers');

done_testing();
