#include "pg/backend/clock.hpp"
#include "pg/backend/kept.hpp"
#include "pg/writing/merge.hpp"

extern "C" {
PG_MODULE_MAGIC;
PGDLLEXPORT void _PG_init(); // NOLINT(bugprone-reserved-identifier): the name that PostgreSQL calls
}

void _PG_init() { // NOLINT(bugprone-reserved-identifier)
    leadscore::pg::define_clock_setting();
    leadscore::pg::register_kept_invalidation();
    leadscore::pg::watch_merges();
}
