#pragma once

#include <optional>

#include "core/state.hpp"
#include "pg/postgres.hpp"

namespace leadscore::pg {

// The states of a component, opened for reading and writing by whoever holds the lock of the model's folds, so that
// nobody else writes them. PostgreSQL's errors jump past it, so it must not need a destructor.
class StateTable {
public:
    StateTable(Oid table, Snapshot snapshot);

    // The state of an entity; a state of nothing where there is none.
    core::State find(Datum key);

    // In place of what find() gave last, for the same key; no rank where it is below the least that is kept.
    void store(Datum key, const core::State &state, std::optional<std::int32_t> rank);

    void close();

private:
    static constexpr int column_count = 11;

    void read(int column, double *number) const;
    void read(int column, core::Ticks *instant) const;
    void write(int column, Datum value);
    void write_instant(int column, core::Ticks instant);

    Relation relation_;
    Relation index_;
    Snapshot snapshot_;
    EState *executor_;
    ResultRelInfo *target_;
    IndexScanDesc scan_;
    RegProcedure equality_;
    TupleTableSlot *found_; // what was looked for last; empty where there is none
    TupleTableSlot *written_;
    AttrNumber places_[column_count];
};

// The function behind the equality of a column of an index.
RegProcedure equality_of(Relation index, int column);

} // namespace leadscore::pg
