#pragma once

#include "pg/states/entity_changes.hpp"

namespace leadscore::pg {

// What is pending for one entity.
struct PendingGroup : EntityChanges {
    bool marked;
    GrowingArray<ItemPointerData> places; // of the changes
};

PendingGroup make_pending_group();

// What is pending for a component, entity by entity. PostgreSQL's errors jump past it, so it must not need a
// destructor.
class PendingScan {
public:
    PendingScan(const Component &component, Snapshot snapshot);

    // Whether a mark stands for all entities.
    bool is_all_marked();

    // From the first entity on.
    void start();

    // The next entity; false at the end.
    bool next(PendingGroup *group);

    // The changes of the entity; not its marks.
    void remove(const PendingGroup &group);

    void close();

private:
    void advance();
    void take_row(PendingGroup *group);
    bool is_of(const PendingGroup &group);

    Relation relation_;
    Relation index_;
    Snapshot snapshot_;
    int component_;
    IndexScanDesc scan_;
    TupleTableSlot *slot_;
    FmgrInfo equality_;
    bool present_;
};

} // namespace leadscore::pg
