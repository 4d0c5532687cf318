#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// What changes the life of a score, as functions of leadscore_internal that take its name and are called in this order.
struct Phases {
    int count;
    const char *const *functions;
    const char *on_failure; // what takes back the phases before the one that failed, or null
};

// Called for a CALL of one argument, the name of the score. Where the CALL is a statement of its own, each phase is a
// transaction of its own, so that no lock is held for longer than the phase that needs it; else all of them are part of
// the transaction around it.
void run_phases(FunctionCallInfo fcinfo, const Phases &phases);

} // namespace leadscore::pg
