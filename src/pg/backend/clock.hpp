#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// Registers the setting pg_leadscore.clock.
void define_clock_setting();

// The start of the transaction, or what pg_leadscore.clock says.
TimestampTz reading_instant();

// The present moment, or what pg_leadscore.clock says: up to when a fold counts activities as having occurred.
TimestampTz folding_instant();

} // namespace leadscore::pg
