# What these tests share: clusters with the CRM of crm.sql in them, clients that write to all its tables, statements that
# are waited for in the middle of what they do.
package Crm;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use File::Basename qw(dirname);
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

our @EXPORT = qw(new_cluster set_up_crm is_right is_folded begin_statements begin_writers end_of wait_for_lock crash);

my $folder = dirname(dirname(__FILE__));

# A running one. Options are those of PostgreSQL::Test::Cluster's init.
sub new_cluster
{
	my ($name, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(%options);
	$node->append_conf('postgresql.conf', <<'SETTINGS');
restart_after_crash = on
log_statement = none
timezone = 'UTC'
jit = off
SETTINGS
	$node->start;
	return $node;
}

sub set_up_crm
{
	my ($node, $database) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, slurp_file("$folder/crm.sql"));
	return;
}

# What is read equals plain SQL over the CRM's rows, and verify finds nothing.
sub is_right
{
	my ($node, $database, $when) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is($node->safe_psql($database, 'SELECT * FROM crm.wrong() LIMIT 20'), '', "$when: all points are right");
}

# Ticks bring it about, as soon as no older snapshot is in use.
sub is_folded
{
	my ($node, $database, $when) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $left;
	for my $attempt (1 .. 100)
	{
		$node->safe_psql($database, 'CALL leadscore.tick()');
		$left = $node->safe_psql($database, 'SELECT sum(pending + marked) FROM leadscore.status');
		last if !$left;
		sleep 0.1;
	}
	return is($left, '0', "$when: all is folded");
}

sub begin_program
{
	my (@command) = @_;
	my ($out, $errors) = ('', '');
	my $run = IPC::Run::start(\@command, '<', \undef, '>', \$out, '2>', \$errors);
	return { run => $run, out => \$out, errors => \$errors };
}

# In a session of their own, one after the other.
sub begin_statements
{
	my ($node, $database, @statements) = @_;
	return begin_program('psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database), map { ('-c', $_) } @statements);
}

# Clients that write to all tables of the CRM, and one that folds, for so many seconds or until the server is gone.
sub begin_writers
{
	my ($node, $database, $seconds) = @_;
	my @pgbench = ('pgbench', '-n', '-T', $seconds, '--max-tries=100');
	my @scripts = map { ('-f', $_) } glob "$folder/writers/*.sql";
	return map { begin_program(@pgbench, @$_, $node->connstr($database)) } [ '-c', 4, @scripts ], [ '-c', 1, '-f', "$folder/tick.sql" ];
}

# Waits for what was begun: its exit status, what it printed, its errors.
sub end_of
{
	my ($begun) = @_;
	$begun->{run}->finish;
	return ($begun->{run}->full_result(0), ${ $begun->{out} }, ${ $begun->{errors} });
}

# The server's process that waits for a lock in a statement like this.
sub wait_for_lock
{
	my ($node, $database, $statement) = @_;
	my $waiting = "FROM pg_stat_activity WHERE datname = '$database' AND wait_event_type = 'Lock' AND query LIKE '$statement'";
	$node->poll_query_until($database, "SELECT count(*) = 1 $waiting") or die "nobody waits in $statement";
	return $node->safe_psql($database, "SELECT pid $waiting");
}

# The ways to end a process of the server with all its sessions; it runs again thereafter.
sub crash
{
	my ($node, $how, $pid) = @_;
	if ($how eq 'immediate stop')
	{
		$node->stop('immediate');
		$node->start;
		return;
	}
	my $started = q(FROM pg_stat_activity WHERE backend_type = 'checkpointer');
	my $before = $node->safe_psql('postgres', "SELECT backend_start $started");
	kill 'KILL', $pid or die "there is no process $pid";
	# A client that the server turns away meanwhile ends before it has read its query, which is an error to IPC::Run.
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		my $is_up = eval { $node->safe_psql('postgres', "SELECT backend_start > '$before' $started") };
		return if defined $is_up and $is_up eq 't';
		sleep 0.1;
	}
	die 'the server has not come up again';
}

1;
