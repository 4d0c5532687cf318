#pragma once

#include "pg/program.hpp"

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

// A growing list of facts. It stays in the memory context that it was made in; the keys have one of their own, so that
// a statement of any size holds only a batch of them.
struct Facts {
    MemoryContext keys;
    Fact *items;
    int count;
    int capacity;
};

// As the order of their type has it: below, at or above 0.
int compare_keys(const Branch &branch, Datum left, Datum right);

// Refuses points that cannot be counted.
void check_points(double points, const char *rule);

Facts make_facts(int capacity);
void append(Facts *facts, const Fact &fact);
void forget(Facts *facts);

// What a row gives to a branch: one fact per entity that its links reach. An activity counts where no branch of the
// same group before counted it (counted: one flag per group). Errors of the user's expressions are thrown.
void evaluate(const Branch &branch, ExprContext *context, TupleTableSlot *row, int16 sign, bool *counted, Facts *facts);

// Drops the facts from `first` on where a change took away exactly what it added.
void cancel_equal(Facts *facts, int first);

} // namespace leadscore::pg
