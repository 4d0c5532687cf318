#pragma once

#include "pg/expressions/facts.hpp"

namespace leadscore::pg {

// Merges what is pending for a component into its states, at most so many changes; null: all. Returns how many.
int64 fold_deltas(int component, NullableDatum at_most);

// Now and then folds a little of what is pending, so that scores stay cheap to read where no worker runs.
void fold_now_and_then(const Facts &facts);

} // namespace leadscore::pg
