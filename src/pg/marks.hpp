#pragma once

#include "pg/postgres.hpp"

namespace leadscore::pg {

// What a statement did to a table whose rows decide for whom activities of other rows count: marks for the entities
// that its rows lead to. Called as an AFTER … FOR EACH STATEMENT trigger with transition tables.
void capture_marks(TriggerData *trigger);

} // namespace leadscore::pg
