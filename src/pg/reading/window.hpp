#pragma once

#include "pg/backend/query.hpp"

namespace leadscore::pg {

// Who earned more or fewer points in a window: key, points, activities, last_activity_at, for the arguments of
// window_queries(). Run as the caller, whose session keeps the plan.
void read_window(const Parameter *arguments, Tuplestorestate *result, TupleDesc columns);

} // namespace leadscore::pg
