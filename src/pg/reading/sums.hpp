#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// Adds up rows of key, occurred_at, points, activities (1 or 0) by key, as a query gives them: where PostgreSQL's own
// grouping would first form its rows of many columns. What grows beyond the memory of a hash table goes to the result
// in parts, so that there may be several rows of a key: key, points, activities, last_activity_at, earlier ones first.
struct Sums;

Sums *begin_sums(Tuplestorestate *result, TupleDesc columns);

// Takes the rows of any number of queries, one after another. What a query says occurred so many microseconds later.
DestReceiver *receiver_of(Sums *sums, int64 later);

// Others than those with more points may be left out where more_than is not null.
void end_sums(Sums *sums, NullableDatum more_than);

} // namespace leadscore::pg
