#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// MERGE that moves a row to another partition updates it by DELETE and INSERT, and PostgreSQL shows it to neither the
// transition tables of UPDATE nor, without such actions, to those of the others.
void watch_merges();

// Whether the statement that fired an AFTER UPDATE trigger moved rows that its transition tables do not show.
bool merge_hides_rows(const TriggerData *trigger);

} // namespace leadscore::pg
