#pragma once

#include "pg/reading/hottest_queries.hpp"

namespace leadscore::pg {

// The n entities with the most points of a score, now: rank, key, points. Where the states know them, they are found by
// the index on their ranks.
void read_hottest(const RankedScore &score, Tuplestorestate *result, TupleDesc columns);

// An array of the keys of all that can have earned so many points, for the arguments of earners_query(); null for
// everybody.
NullableDatum find_earners(const Parameter *arguments, Oid keys_type);

} // namespace leadscore::pg
