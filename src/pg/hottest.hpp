#pragma once

#include "pg/postgres.hpp"

namespace leadscore::pg {

struct RankedScore {
    NullableDatum model;
    NullableDatum entity;
    NullableDatum score;
    NullableDatum n;
};

// The n entities with the most points of a score, now: rank, key, points. Where the states know them, they are found by
// the index on their ranks.
void read_hottest(const RankedScore &score, Tuplestorestate *result, TupleDesc columns);

} // namespace leadscore::pg
