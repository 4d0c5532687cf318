#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// What a statement did to a table whose rows decide for whom activities of other rows count: marks for the entities
// that its rows lead to. Called as an AFTER … FOR EACH STATEMENT trigger with transition tables.
void capture_marks(TriggerData *trigger);

// Marks the entities whose keys a query gives, run as the owner; the score is broken where it fails.
void mark_rows(int component, Oid owner, const char *query);

} // namespace leadscore::pg
