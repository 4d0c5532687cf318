#pragma once

#include "pg/expressions/facts.hpp"

namespace leadscore::pg {

// Criteria that hold once and for all: a record of when one first held for an entity, which gives its points from then
// on.

// Takes the facts of such criteria out of those of a batch, and records those that are not recorded yet.
void record_first_times(Facts *facts);

// Records a criterion for rows that no trigger saw; breaks its score where it cannot be evaluated.
void record_unseen(const Branch &branch);

} // namespace leadscore::pg
