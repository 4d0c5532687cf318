#pragma once

#include "pg/expressions/facts.hpp"

namespace leadscore::pg {

// The columns of a pending table, in order.
enum PendingColumn {
    component_column,
    sign_column,
    activities_column,
    occurred_at_column,
    points_column,
    stamp_column,
    key_column,
    pending_columns
};

// A pending table opened for appending; rows are written with their index entries, many at a time where many come. What
// the executor prepares for any index, for those that the table has from the beginning is known.
// PostgreSQL's errors jump past it, so it must not need a destructor.
class Appender {
public:
    Appender(Oid table, int expected_rows);

    void add_delta(const Fact &fact);

    // Without a key, for all entities of the component.
    void add_mark(const Component &component, const Datum *key);

    // That the fold itself sets: its cause lies in rows that it saw, so it needs no quarantine.
    void add_settled_mark(const Component &component, Datum key);

    // Nothing is sure to be written before.
    void close();

private:
    // An index on component and key; of_marks: where sign is 0.
    struct OwnIndex {
        Relation relation;
        bool of_marks;
    };
    static constexpr int most_own_indexes = 2;

    // False, with none opened, where somebody added another.
    bool open_own_indexes();
    void close_own_indexes();
    void insert_index_entries(TupleTableSlot *slot);
    TupleTableSlot *start(const Component &component);
    void finish();
    void flush();

    Relation relation_;
    OwnIndex indexes_[most_own_indexes];
    int index_count_;
    EState *executor_; // null where all indexes are known
    ResultRelInfo *target_;
    TupleTableSlot **slots_;
    int slot_count_;
    int waiting_;
};

} // namespace leadscore::pg
