#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// Which of the keys of an entity (an array, or null for all) the reader may know about in a score: those that the
// reader sees in its table, and the members of what the reader sees. Null stands for all of them.
NullableDatum keys_visible_to_reader(int score, int entity, NullableDatum keys);

// The same for the entity of a component.
NullableDatum keys_visible_to_reader(int component, NullableDatum keys);

// Whether the reader may read every row of a table.
bool sees_all_rows(Oid relation);

// Whether the reader sees an entity in its own table. memory is kept by the caller for the length of a query, null at
// first: once a query has asked often, all that the reader sees is found at once.
struct SightMemory;
bool sees(int entity, Datum key, Oid key_type, SightMemory **memory, MemoryContext query_context);

// The members of a roll-up, with whom each counts for, for the parents given that the reader sees: key, parent.
void read_members(int membership, NullableDatum parents, Tuplestorestate *result, TupleDesc columns);

} // namespace leadscore::pg
