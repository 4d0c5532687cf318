#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// Both are asked once for each snapshot: a function that is called for every row of a query asks again and again.

// Whether a component can only be read from the rows; an error where the score is broken.
bool must_read_rows(int component);

// An error where the score cannot be read.
void check_readable(int score);

// A query on a view locks the view, then what it reads, and so does whoever publishes: no reader may lock the states
// first. Waits for a version that is just being published; from here on the states stay until the end of the
// transaction. Asks for no right: what is read then does.
void hold_view(const char *name);

} // namespace leadscore::pg
