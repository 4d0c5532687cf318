# What fires no trigger is found by verify and mended by rebuild: logical replication's apply, session_replication_role. Where a
# publication has all tables, the publisher's scores go on as they do without it.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/lib";
use Crm;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $publisher = new_cluster('publisher', allows_streaming => 'logical');
my $subscriber = new_cluster('subscriber', allows_streaming => 'logical');
set_up_crm($publisher, 'crm');
set_up_crm($subscriber, 'crm');

# All tables: ours as well.
$publisher->safe_psql('crm', 'CREATE PUBLICATION everything FOR ALL TABLES');
my @writers = begin_writers($publisher, 'crm', 3);
is(join("\n", map { grep { /ERROR:|WARNING:/ } split /\n/, (end_of($_))[2] } @writers), '', 'published: neither writers nor folds met an error');
$publisher->safe_psql('crm', 'UPDATE crm.lead SET title = $$clerk$$; UPDATE crm.meeting SET held = NOT held; SELECT crm.give(1, 1); SELECT crm.lead_withdraw(1); SELECT crm.lead_withdraw(2); DELETE FROM crm.given WHERE id < 3');
is_right($publisher, 'crm', 'published');
is_folded($publisher, 'crm', 'published');
for my $call ('rebuild', 'pause', 'resume', 'publish')
{
	$publisher->safe_psql('crm', "CALL leadscore.$call('crm.kept')");
}
is_right($publisher, 'crm', 'published, after rebuild, pause and resume');

# The CRM's tables alone, to a database with a model of its own.
my $tables = join ', ', map { "crm.$_" } qw(account lead activity mail meeting attendee given seen);
$subscriber->safe_psql('crm', "TRUNCATE $tables; SELECT crm.lead_forget(id) FROM generate_series(1, 10) AS id; CALL leadscore.tick()");
is_right($subscriber, 'crm', 'subscriber, empty');
$publisher->safe_psql('crm', "DROP PUBLICATION everything; CREATE PUBLICATION crm FOR TABLE $tables");
my $connection = $publisher->connstr . ' dbname=crm';
$subscriber->safe_psql('crm', "CREATE SUBSCRIPTION crm CONNECTION '$connection' PUBLICATION crm");
$subscriber->wait_for_subscription_sync($publisher, 'crm', 'crm');

my $found = q(SELECT count(*) > 0 FROM unnest('{fading,kept,linked}'::text[]) AS s CROSS JOIN LATERAL leadscore.verify('crm.' || s));
sub is_mended
{
	my ($node, $how) = @_;
	is($node->safe_psql('crm', $found), 't', "$how: verify finds it");
	$node->safe_psql('crm', "CALL leadscore.rebuild('crm.$_')") for qw(fading kept linked fit);
	is($node->safe_psql('crm', $found), 'f', "$how: rebuild mends it");
	return;
}
is_mended($subscriber, 'copied');
$publisher->safe_psql('crm', <<'SQL');
INSERT INTO crm.activity (lead_id, kind, at, points) SELECT 1 + g % 60, 'call', now() - g * interval '1 second', g FROM generate_series(1, 200) AS g;
UPDATE crm.activity SET points = points + 1 WHERE id % 5 = 0;
DELETE FROM crm.mail WHERE id % 7 = 0;
UPDATE crm.meeting SET held = NOT held, at = now();
SQL
$publisher->wait_for_catchup('crm');
is_mended($subscriber, 'applied');
# Points given by hand and what was seen of a row once are not in the CRM's rows: only what is in them is compared.
my $of_rows = q(SELECT string_agg(w, ' ') FROM crm.wrong() AS w WHERE w !~ '^(fading|fit|account)');
is($subscriber->safe_psql('crm', $of_rows), '', 'applied: all points are right');
$subscriber->safe_psql('crm', 'DROP SUBSCRIPTION crm');
$subscriber->safe_psql('crm', q(INSERT INTO crm.activity VALUES (1000000, 1, 'call', now(), 100); UPDATE crm.meeting SET held = NOT held; CALL leadscore.tick()));
is($subscriber->safe_psql('crm', $of_rows), '', 'no subscriber any more: scores go on');

# What a restore tool or a person does.
for my $how ('SET session_replication_role = replica', 'ALTER TABLE crm.activity DISABLE TRIGGER USER; ALTER TABLE crm.attendee DISABLE TRIGGER USER')
{
	$publisher->safe_psql('crm', "$how; UPDATE crm.activity SET points = points + 3; DELETE FROM crm.attendee WHERE lead_id % 2 = 0");
	is($publisher->safe_psql('crm', 'SELECT count(*) > 0 FROM leadscore.status WHERE disabled_triggers IS NOT NULL'), $how =~ /DISABLE/ ? 't' : 'f', "$how: status tells of triggers that are off");
	$publisher->safe_psql('crm', 'ALTER TABLE crm.activity ENABLE TRIGGER USER; ALTER TABLE crm.attendee ENABLE TRIGGER USER');
	is_mended($publisher, $how);
	is_right($publisher, 'crm', "$how, after rebuild");
	$publisher->safe_psql('crm', 'UPDATE crm.activity SET points = points - 1 WHERE id % 2 = 0; UPDATE crm.meeting SET held = NOT held');
	is_right($publisher, 'crm', "$how, after further writes");
}

done_testing();
