#pragma once

#include "pg/backend/growing_array.hpp"
#include "pg/expressions/program.hpp"

namespace leadscore::pg {

// One raw fact of a change: an activity was added to or removed from what counts for an entity.
struct Fact {
    const Branch *branch;
    Datum key;
    TimestampTz occurred_at;
    double points;
    int16 sign;
    int16 activities;
};

// The keys have a memory context of their own, so that a statement of any size holds only a batch of them.
struct Facts : GrowingArray<Fact> {
    MemoryContext keys;
};

// As the order of their type has it: below, at or above 0.
int compare_keys(const Branch &branch, Datum left, Datum right);

// Refuses points that cannot be counted.
void check_points(double points, const char *rule);

Facts make_facts();
void forget(Facts *facts);

// What a row gives to a branch: one fact per entity that its links reach. An activity counts where no branch of the
// same group before counted it (counted: one flag per group). Errors of the user's expressions are thrown.
void evaluate(const Branch &branch, ExprContext *context, TupleTableSlot *row, int16 sign, bool *counted, Facts *facts);

// Drops the facts from `first` on where a change took away exactly what it added.
void cancel_equal(Facts *facts, int first);

} // namespace leadscore::pg
