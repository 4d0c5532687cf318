#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// Reads what the CRM's rows give to a component, each table with the rights of its owner and in the snapshot of the
// query under way, into the caller's result. The only place from where the extension reads activities.
//
// Rows: the entity's key, occurred_at, points, activities (1 or 0). keys: an array of the entity's key type, or null
// for all; from and to bound occurred_at on both sides where they are not null. Explained, there is a row for each rule
// that an activity matches: key, occurred_at, points, rule, source, row_key.
void read_facts(int component, NullableDatum keys, Oid keys_type, NullableDatum from, NullableDatum to, bool explained,
                Tuplestorestate *result, TupleDesc columns);

// What entities earned in a window, adjustments included: key, points, activities, last_activity_at, perhaps in parts.
// keys: an array, or null for all; others than those with more points than more_than, if not null, may be missing.
struct Window {
    int score;
    int entity;
    Oid keys_type;
    NullableDatum keys;
    NullableDatum from;
    NullableDatum to;
    NullableDatum more_than;
};

void read_earned(const Window &window, Tuplestorestate *result, TupleDesc columns);

// The facts of all rows of one branch.
void read_branch_facts(int branch, Tuplestorestate *result, TupleDesc columns);

} // namespace leadscore::pg
