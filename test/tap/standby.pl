# A physical standby reads all that the primary reads, folded or not, and goes on scoring when it is promoted.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/lib";
use Crm;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = new_cluster('primary', allows_streaming => 1);
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
set_up_crm($primary, 'crm');

my %scores = (lead => [ 'fading', 'kept', 'linked', 'fit' ], account => ['fading']);
my %arguments = (
	hottest => '12',
	coldest => '12',
	hot => q(5, '1 hour'),
	cold => q(5, '1 hour'),
	falling => q(0.2, '1 hour'),
	scores_at => q(leadscore.clock() - interval '40 seconds'),
	score => 'x.id',
	explain => 'x.id',
	timeline => q(x.id, leadscore.clock() - interval '3 minutes', leadscore.clock() + interval '3 minutes', '1 minute'),
	cools_at => 'x.id, 10');

# All that can be read of an entity, by name.
sub reads_of
{
	my ($entity) = @_;
	my %reads = map { $_ => "SELECT * FROM crm.$_" } ("${entity}_scores", "${entity}_adjustments", map { "${entity}_$_" } @{ $scores{$entity} });
	for my $function (keys %arguments)
	{
		for my $score (@{ $scores{$entity} })
		{
			my $call = "crm.${entity}_$function('$score', $arguments{$function})";
			$reads{"${entity}_$function of $score"} = $call =~ /x\.id/ ? "SELECT x.id, y.* FROM crm.$entity AS x CROSS JOIN LATERAL $call AS y WHERE x.id <= 2" : "SELECT * FROM $call";
		}
	}
	return %reads;
}

my %reads = (reads_of('lead'), reads_of('account'),
	status => 'SELECT score, entity, decay, state, pending, marked, due, disabled_triggers, broken_because FROM leadscore.status',
	export_model => q(SELECT leadscore.export_model('crm')),
	check_score => q(SELECT what, name, rows FROM leadscore.check_score('crm.kept')),
	verify => q(SELECT * FROM leadscore.verify('crm.kept')),
	map { $_ => "SELECT * FROM leadscore.$_" } qw(entities sources links scores rules criteria rollups grades));

# Nobody forgets to add to the list here what is new.
my $missing = sub {
	my ($catalog) = @_;
	my %known = map { s/ of .*//r => 1 } keys %reads;
	return join ' ', grep { !$known{$_} } split /\n/, $primary->safe_psql('crm', $catalog);
};
is($missing->(q(SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'crm'::regnamespace AND proname ~ '^(lead|account)_' ORDER BY 1)),
	'account_adjust account_forget account_merge account_withdraw lead_adjust lead_forget lead_merge lead_withdraw', 'all functions but those that write are tried');
is($missing->(q(SELECT viewname FROM pg_views WHERE schemaname IN ('leadscore', 'crm') AND viewname !~ 'fact|truth' ORDER BY 1)), '', 'all views are tried');

# At the same times on both: before some of what happened, and after boundaries of what did.
my $now = $primary->safe_psql('crm', 'SELECT clock_timestamp()');
sub compare
{
	my ($when) = @_;
	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
	for my $clock ('-55 seconds', '95 seconds', '2 days')
	{
		my $fixed = $primary->safe_psql('crm', "SELECT '$now'::timestamptz + interval '$clock'");
		my $settings = "SET extra_float_digits = -3; SET pg_leadscore.clock = '$fixed';";
		my @names = sort keys %reads;
		my $script = join "\n", $settings, map { "SELECT '= $_'; SELECT r::text FROM ($reads{$_}) AS r ORDER BY 1;" } @names;
		my ($there, $here) = map { $_->safe_psql('crm', $script) } $primary, $standby;
		my ($on_primary, $on_standby) = map { [ split /^= /m ] } $there, $here;
		is(join('', map { $_->[1] } grep { $_->[0] ne $_->[1] } map { [ $on_primary->[$_], $on_standby->[$_] ] } 0 .. $#$on_primary),
			'', "$when, $clock: the standby reads the same");
		is(scalar @$on_standby, @names + 1, "$when, $clock: all of it");
		is($standby->safe_psql('crm', "$settings SELECT * FROM crm.wrong() LIMIT 20"), '', "$when, $clock: which is right");
	}
	return;
}

compare('nothing folded');
$primary->safe_psql('crm', 'CALL leadscore.tick()');
compare('folded');
# Changes, marks of entities, a mark of all, with folds before.
$primary->safe_psql('crm', <<'SQL');
UPDATE crm.activity SET points = points + 1, lead_id = lead_id + 1 WHERE id % 5 = 0;
DELETE FROM crm.mail WHERE id % 7 = 0;
UPDATE crm.meeting SET held = NOT held WHERE id % 4 = 0;
UPDATE crm.lead SET city = 'Newcastle', title = 'director' WHERE id % 10 = 1;
TRUNCATE crm.attendee;
SELECT crm.give(7, 5);
SQL
compare('changes and marks');

for my $write ('INSERT INTO crm.activity (lead_id, at, points) VALUES (1, now(), 1)', 'CALL leadscore.tick()', q(CALL leadscore.publish('crm.kept')), q(CALL leadscore.rebuild('crm.kept')),
	q(CALL leadscore.pause('crm.kept')), q(SELECT crm.lead_adjust('fading', 1, 1, 'a reason')), 'SELECT crm.lead_withdraw(1)', 'SELECT crm.lead_merge(1, 2)', 'SELECT crm.lead_forget(1)',
	q(SELECT leadscore.create_score('crm.other', '{lead}')), q(SELECT leadscore.drop_all()))
{
	my ($status, $out, $errors) = $standby->psql('crm', "\\set VERBOSITY sqlstate\n$write");
	is($errors, 'psql:<stdin>:2: ERROR:  25006', "$write: refused, as any write is");
}

$standby->promote;
is_right($standby, 'crm', 'promoted');
$standby->safe_psql('crm', 'INSERT INTO crm.activity (lead_id, kind, at, points) SELECT g, $$call$$, clock_timestamp(), g FROM generate_series(1, 60) AS g');
$standby->safe_psql('crm', 'UPDATE crm.meeting SET held = true WHERE id % 4 = 0; INSERT INTO crm.attendee SELECT g, 3 FROM generate_series(1, 150) AS g; UPDATE crm.lead SET title = NULL');
is_right($standby, 'crm', 'promoted, after writes');
is_folded($standby, 'crm', 'promoted');
is_right($standby, 'crm', 'promoted, after writes and a fold');
$standby->safe_psql('crm', q(CALL leadscore.publish('crm.linked')));
is_right($standby, 'crm', 'promoted, after a publish');

done_testing();
