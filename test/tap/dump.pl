# pg_dump and restore, in every form: points, explanations and verify are as before, and the copy goes on scoring. Removing the
# extension leaves the CRM as it was without it.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/lib";
use IPC::Run ();
use Copies;
use Crm;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $node = new_cluster('dump');
my $folder = PostgreSQL::Test::Utils::tempdir;
set_up_crm($node, 'crm');
make_unfinished($node, 'crm');
my $contents = contents_of_copy($node, 'crm');
my $original = $node->safe_psql('crm', $contents);

# A copy of a database and what fills it.
my $number = 0;
sub restore_into
{
	my ($template, $how, @commands) = @_;
	my $database = 'copy' . ++$number;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE $template");
	for my $command (@commands)
	{
		local @ENV{qw(PGHOST PGPORT)} = ($node->host, $node->port);
		my ($output, $errors);
		my $done = IPC::Run::run([ map { s/DATABASE/$database/r } @$command ], '>', \$output, '2>', \$errors);
		ok($done, "$how: $command->[0]") or diag($errors);
	}
	return $database;
}

sub restore { return restore_into('template0', @_) }

my @psql = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'DATABASE', '-f');
my %forms = (
	'plain' => [ [ 'pg_dump', '-f', "$folder/plain", 'crm' ], [ @psql, "$folder/plain" ] ],
	'in one transaction' => [ [ 'pg_dump', '-f', "$folder/single", 'crm' ], [ @psql, "$folder/single", '-1' ] ],
	'custom, restored by two workers' => [ [ 'pg_dump', '-Fc', '-f', "$folder/custom", 'crm' ], [ 'pg_restore', '-e', '-j2', '-d', 'DATABASE', "$folder/custom" ] ],
	'directory, dumped by two workers, inserts' => [ [ 'pg_dump', '-Fd', '-j2', '--inserts', '-f', "$folder/directory", 'crm' ], [ 'pg_restore', '-e', '-d', 'DATABASE', "$folder/directory" ] ],
	'schema, then data' => [ [ 'pg_dump', '--schema-only', '-f', "$folder/schema", 'crm' ], [ @psql, "$folder/schema" ],
		[ 'pg_dump', '--data-only', '--disable-triggers', '-f', "$folder/data", 'crm' ], [ @psql, "$folder/data" ] ]);
for my $form (sort keys %forms)
{
	my $database = restore($form, @{ $forms{$form} });
	is($node->safe_psql($database, $contents), $original, "$form: a copy is as the original was");
	goes_on_right($node, $database, $form);
}

# Data by statements that fire triggers, which find nothing set up until the catalogue is there. (The CRM's own would add rows.)
my $triggered = restore('data with triggers', $forms{'schema, then data'}[0], $forms{'schema, then data'}[1],
	[ 'pg_dump', '--data-only', '-f', "$folder/triggers", 'crm' ]);
$node->safe_psql($triggered, 'ALTER TABLE crm.lead DISABLE TRIGGER see');
my ($status, undef, $errors) = $node->psql($triggered, slurp_file("$folder/triggers"), on_error_stop => 1);
is($status, 0, 'data with triggers: restored') or diag $errors;
$node->safe_psql($triggered, "CALL leadscore.rebuild('crm.$_')") for qw(fading kept linked fit);
is_right($node, $triggered, 'data with triggers, after rebuild');

# With -j, tables are altered and get their triggers while any part of the catalogue is not there yet.
my ($list) = run_command([ 'pg_restore', '-l', "$folder/custom" ]);
my (@first, @catalogue, @last);
for my $line (grep { /^\d/ } split /\n/, $list)
{
	if ($line =~ /(TABLE DATA|SEQUENCE SET) leadscore_internal/) { push @catalogue, $line }
	elsif ($line =~ / (CONSTRAINT|INDEX|TRIGGER) /) { push @last, $line }
	else { push @first, $line }
}
append_to_file("$folder/first", join "\n", @first, '');
my $base = restore('all but the catalogue', [ 'pg_restore', '-e', '-L', "$folder/first", '-d', 'DATABASE', "$folder/custom" ]);
cmp_ok(scalar @catalogue, '>', 20, 'the catalogue has many tables');
for my $late (@catalogue)
{
	my ($name) = $late =~ / leadscore_internal (\w+)/;
	append_to_file("$folder/late_$name", join "\n", (grep { $_ ne $late } @catalogue), @last, $late, '');
	my $how = "$name after constraints and triggers";
	my $database = restore_into($base, $how, [ 'pg_restore', '-e', '-L', "$folder/late_$name", '-d', 'DATABASE', "$folder/custom" ]);
	is($node->safe_psql($database, $contents), $original, "$how: a copy is as the original was");
	$node->safe_psql('postgres', "DROP DATABASE $database");
}

# While clients write.
my @writers = begin_writers($node, 'crm', 2);
sleep 0.5;
my $busy = restore('while clients write', [ 'pg_dump', '-Fc', '-f', "$folder/busy", 'crm' ], [ 'pg_restore', '-e', '-j4', '-d', 'DATABASE', "$folder/busy" ]);
end_of($_) for @writers;
cmp_ok($node->safe_psql($busy, 'SELECT sum(pending + marked) FROM leadscore.status'), '>', 0, 'while clients write: not all was folded');
goes_on_right($node, $busy, 'while clients write');
is_right($node, 'crm', 'where clients wrote');

# Without the extension, the CRM is as if it had never been there. What the tests themselves put beside it goes first.
$node->safe_psql('crm', <<'SQL');
DROP VIEW objects;
DROP FUNCTION crm.wrong, crm.give;
DROP VIEW crm.account_truth, crm.truth, crm.fact;
CREATE OR REPLACE FUNCTION crm.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
SQL
my $rows = join "\nUNION ALL ", map { "SELECT '$_ ' || t FROM crm.$_ AS t" } qw(account lead activity mail meeting attendee given seen);
my $before = $node->safe_psql('crm', "SELECT count(*), md5(string_agg(r, ' ' ORDER BY r)) FROM ($rows) AS x(r)");
$node->safe_psql('crm', 'SELECT leadscore.drop_all(); DROP EXTENSION pg_leadscore');
is($node->safe_psql('crm', "SELECT count(*), md5(string_agg(r, ' ' ORDER BY r)) FROM ($rows) AS x(r)"), $before, 'removed: the rows are as they were');
my ($dump) = run_command([ 'pg_dump', '--schema-only', '-n', 'crm', $node->connstr('crm') ]);
like($dump, qr/CREATE TABLE crm\.activity/, 'removed: the tables are there');
is(join("\n", grep { /leadscore|states|pending|adjust/i } split /\n/, $dump), '', 'removed: nothing tells of it');
$node->safe_psql('crm', 'CREATE EXTENSION pg_leadscore');
is($node->safe_psql('crm', 'SELECT count(*) FROM leadscore.entities'), '0', 'made anew: nothing is set up');
$node->safe_psql('crm', 'INSERT INTO crm.activity (lead_id, at, points) VALUES (1, now(), 1); CALL leadscore.tick()');

done_testing();
