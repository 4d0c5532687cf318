#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// What a command is about to do to a tree of tables that live scores follow, before anybody's rights are checked.
void before_command(const EventTriggerData *event);

// What the command that has just ended did to such trees.
void follow_commands();

// The rows (root, part, added) of changed_parts_in_snapshot() as things are now.
void read_changed_parts(Datum relations, Tuplestorestate *result, TupleDesc columns);

} // namespace leadscore::pg
