#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// Both are asked once for each snapshot: a function that is called for every row of a query asks again and again.

// Whether a component can only be read from the rows; an error where the score is broken.
bool must_read_rows(int component);

// An error where the score cannot be read.
void check_readable(int score);

} // namespace leadscore::pg
