# pg_upgrade: all is as it was, and goes on scoring. Here to a cluster of the same version, which takes the same way as to a
# later one.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/lib";
use Copies;
use Crm;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $old = new_cluster('old');
set_up_crm($old, 'crm');
make_unfinished($old, 'crm');
my $contents = contents_of_copy($old, 'crm');
my $original = $old->safe_psql('crm', $contents);
$old->stop;

my $new = new_cluster('new');
my $bin = $new->config_data('--bindir');
$new->stop;
chdir PostgreSQL::Test::Utils::tempdir;
command_ok([ "$bin/pg_upgrade", '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir, '-b', $bin, '-B', $bin, '-s', $new->host, '-p', $old->port, '-P', $new->port ],
	'pg_upgrade');
$new->start;
is($new->safe_psql('crm', $contents), $original, 'upgraded: all is as it was');
goes_on_right($new, 'crm', 'upgraded');
done_testing();
