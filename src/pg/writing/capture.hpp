#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// What a statement on the table of a source did, as deltas and marks; called as an AFTER … FOR EACH STATEMENT trigger
// with transition tables. The argument is the number of the source.
void capture(TriggerData *trigger);

} // namespace leadscore::pg
