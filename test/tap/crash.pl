# Crashes while clients write to all tables and another folds: nothing is lost and nothing counts twice. By the real clock.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/lib";
use Crm;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $node = new_cluster('crash');
set_up_crm($node, 'crm');
is_right($node, 'crm', 'before');

my $rows = 0;
for my $round (1 .. 4)
{
	my $how = $round % 2 == 0 ? 'killed backend' : 'immediate stop';
	my @writers = begin_writers($node, 'crm', 60);
	sleep 0.2 + rand 1;
	my $pid = $node->safe_psql('crm', q(SELECT pid FROM pg_stat_activity WHERE datname = 'crm' AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY random() LIMIT 1));
	crash($node, $how, $pid);
	is(join("\n", map { grep { /ERROR:/ } split /\n/, (end_of($_))[2] } @writers), '', "round $round: no client met an error");
	is_right($node, 'crm', "round $round, after $how");
	# What the clients wrote was there, folded and not.
	my ($written, $pending) = split /\|/, $node->safe_psql('crm', 'SELECT (SELECT count(*) FROM crm.activity), (SELECT count(*) FROM crm.lead_pending)');
	cmp_ok($written, '>', $rows, "round $round: clients had written");
	note "$written activities, $pending pending";
	$rows = $written;
	is_folded($node, 'crm', "round $round");
	is_right($node, 'crm', "round $round, after $how and a fold");
}
is($node->safe_psql('crm', q(SELECT count(*) FROM leadscore.status WHERE state <> 'live')), '0', 'in the end, all are live');

done_testing();
