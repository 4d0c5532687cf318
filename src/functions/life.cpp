#include "pg/backend/guard.hpp"
#include "pg/backend/phases.hpp"

using namespace leadscore::pg;

// publish(score), resume(score), pause(score), retire(score): procedures that commit between their phases.

LEADSCORE_FUNCTION(publish) {
    static constexpr const char *functions[] = {"begin_publish", "backfill", "finish_publish", "tidy"};
    run_phases(fcinfo, Phases{4, functions, "abandon"});
    PG_RETURN_VOID();
}

LEADSCORE_FUNCTION(resume) {
    static constexpr const char *functions[] = {"begin_resume", "backfill", "finish_resume", "tidy"};
    run_phases(fcinfo, Phases{4, functions, "abandon"});
    PG_RETURN_VOID();
}

LEADSCORE_FUNCTION(pause) {
    static constexpr const char *functions[] = {"pause", "tidy"};
    run_phases(fcinfo, Phases{2, functions, nullptr});
    PG_RETURN_VOID();
}

LEADSCORE_FUNCTION(retire) {
    static constexpr const char *functions[] = {"retire", "tidy"};
    run_phases(fcinfo, Phases{2, functions, nullptr});
    PG_RETURN_VOID();
}
