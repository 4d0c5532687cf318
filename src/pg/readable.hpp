#pragma once

#include "pg/postgres.hpp"

namespace leadscore::pg {

// Whether a component can only be read from the rows; an error where the score is broken. Asked once for each snapshot:
// a function that is called for every row of a query asks again and again.
bool must_read_rows(int component);

} // namespace leadscore::pg
