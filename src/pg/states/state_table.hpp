#pragma once

#include <optional>

#include "pg/states/stored_state.hpp"

namespace leadscore::pg {

// What a fold makes of a state.
struct RankedState {
    core::State state;
    std::optional<std::int32_t> rank; // that is stored: none below the least that is kept
    bool recompute;                   // the rows must be asked
};

// The states of a component, opened for reading and writing by whoever holds the lock of the model's folds, so that
// nobody else writes them. PostgreSQL's errors jump past it, so it must not need a destructor.
class StateTable {
public:
    StateTable(Oid table, Snapshot snapshot);

    // The state of an entity; a state of nothing where there is none.
    core::State find(Datum key);

    // In place of what find() gave last, for the same key.
    void store(Datum key, const RankedState &ranked);

    void close();

private:
    void write(AttrNumber place, Datum value);

    Relation relation_;
    Relation index_;
    Snapshot snapshot_;
    EState *executor_;
    ResultRelInfo *target_;
    IndexScanDesc scan_;
    RegProcedure equality_;
    TupleTableSlot *found_; // what was looked for last; empty where there is none
    TupleTableSlot *written_;
    AttrNumber key_place_;
    AttrNumber rank_place_;
    AttrNumber places_[state_part_count];
};

// The function behind the equality of a column of an index.
RegProcedure equality_of(Relation index, int column);

} // namespace leadscore::pg
