#pragma once

#include "pg/expressions/facts.hpp"

namespace leadscore::pg {

// Appends to the pending tables, which is all that a writer of the CRM ever does to the extension's data.

// A delta for every fact, which may be put into another order; where its branch has a limit, a mark.
void append_facts(Facts *facts);

// A mark that takes the whole component from the CRM's rows until it is folded.
void append_component_mark(const Component &component);

// Marks that take entities from the CRM's rows until they are folded.
void append_marks(const Component &component, const Datum *keys, int count);

// Notes that a score cannot be kept any more, with a WARNING, unless that is known already; the write goes on, except
// where the score was created to make it fail and is not broken yet. what_was_done: "The row was written".
void report_broken(const Component &component, int sqlstate, const char *message,
                   const char *what_was_done = "The row was written");

} // namespace leadscore::pg
