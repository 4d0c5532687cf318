#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// The adjustments of a score that count for the keys of an entity (an array, or null for all), those that the reader
// may know about: key, occurred_at, points, row_key.
void read_adjustments(int score, int entity, NullableDatum keys, Oid keys_type, Tuplestorestate *result,
                      TupleDesc columns);

// Whether whoever called the function under way sees an entity in its own table: an error without the right to read it.
bool caller_sees(int entity, Datum key, Oid key_type);

// Locks an entity's row of the CRM until the end of the transaction: against being deleted, as a foreign key would, or
// exclusively, and then whether or not the row matches the entity's filter. False where there is none.
bool lock_entity(int entity, Datum key, Oid key_type, bool exclusively);

} // namespace leadscore::pg
