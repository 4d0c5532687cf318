#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// Brings the states of a component that are due over the boundaries that their activities have passed, but those that
// are marked; marks those that must be recomputed. Returns how many there were.
int64 correct_due(int component);

// The same for readers: states of some entities as they are at an instant, without those that must be read from the
// rows. Columns: key, points, held, falling, magnitude, error, activities, reference, last_activity_at, next_change_at.
void read_corrected(int component, Datum keys, Oid keys_type, TimestampTz instant, Tuplestorestate *result,
                    TupleDesc columns);

} // namespace leadscore::pg
