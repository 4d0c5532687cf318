#pragma once

#include "pg/backend/query.hpp"

namespace leadscore::pg {

// The number that a query gives for a key, $1, as the reader; null for no row.
NullableDatum look_up(const char *query, const Parameter &key);

// The points of an entity now: what readable_score() says is kept as long as the snapshot is. Names may not be null.
NullableDatum points_now(Datum model, Datum entity, Datum score, const Parameter &key);

} // namespace leadscore::pg
