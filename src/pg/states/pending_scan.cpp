#include <type_traits>

#include "pg/states/pending_scan.hpp"

#include "pg/states/appender.hpp"

namespace leadscore::pg {

namespace {

static_assert(std::is_trivially_destructible_v<PendingScan>);

AttrNumber place_of(PendingColumn column) { return static_cast<AttrNumber>(column + 1); }

// The index by component and key of all rows.
Relation open_index(Relation table) {
    ListCell *cell = nullptr;
    foreach (cell, RelationGetIndexList(table)) {
        Relation index = index_open(lfirst_oid(cell), RowExclusiveLock);
        if (index->rd_index->indnkeyatts == 2 && index->rd_index->indkey.values[0] == place_of(component_column) &&
            index->rd_index->indkey.values[1] == place_of(key_column) && RelationGetIndexPredicate(index) == NIL)
            return index;
        index_close(index, NoLock);
    }
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                    errmsg("the index of table \"%s\" on component and key is missing", RelationGetRelationName(table)),
                    errhint("CREATE INDEX ON %s (component, key).", RelationGetRelationName(table))));
}

Datum value(TupleTableSlot *slot, PendingColumn column) {
    bool is_null = false;
    return slot_getattr(slot, place_of(column), &is_null);
}

} // namespace

PendingGroup make_pending_group() { return PendingGroup{no_changes(), false, growing_array<ItemPointerData>()}; }

PendingScan::PendingScan(const Component &component, Snapshot snapshot)
    : relation_(table_open(component.pending, RowExclusiveLock)), index_(open_index(relation_)), snapshot_(snapshot),
      component_(component.component), scan_(begin_index_scan(relation_, index_, snapshot, 2)),
      slot_(table_slot_create(relation_, nullptr)), equality_{}, present_(false) {
    fmgr_info(equality_of(index_, 1), &equality_);
}

bool PendingScan::is_all_marked() {
    ScanKeyData wanted[2];
    ScanKeyInit(&wanted[0], 1, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(component_));
    ScanKeyEntryInitialize(&wanted[1], SK_ISNULL | SK_SEARCHNULL, 2, InvalidStrategy, InvalidOid, InvalidOid,
                           InvalidOid, static_cast<Datum>(0));
    index_rescan(scan_, wanted, 2, nullptr, 0);
    return index_getnext_slot(scan_, ForwardScanDirection, slot_);
}

void PendingScan::start() {
    ScanKeyData wanted[2];
    ScanKeyInit(&wanted[0], 1, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(component_));
    ScanKeyEntryInitialize(&wanted[1], SK_ISNULL | SK_SEARCHNOTNULL, 2, InvalidStrategy, InvalidOid, InvalidOid,
                           InvalidOid, static_cast<Datum>(0));
    index_rescan(scan_, wanted, 2, nullptr, 0);
    advance();
}

void PendingScan::advance() { present_ = index_getnext_slot(scan_, ForwardScanDirection, slot_); }

bool PendingScan::next(PendingGroup *group) {
    group->places.count = 0;
    group->marked = false;
    if (!present_)
        return false;
    Form_pg_attribute key = TupleDescAttr(RelationGetDescr(relation_), key_column);
    begin(group, value(slot_, key_column), key->attbyval, key->attlen);
    do {
        take_row(group);
        advance();
    } while (present_ && is_of(*group));
    return true;
}

void PendingScan::take_row(PendingGroup *group) {
    const int sign = DatumGetInt16(value(slot_, sign_column));
    if (sign == 0) {
        group->marked = true;
        return;
    }
    append(&group->changes, core::Change{DatumGetTimestampTz(value(slot_, occurred_at_column)),
                                         DatumGetFloat8(value(slot_, points_column)), sign,
                                         DatumGetInt16(value(slot_, activities_column))});
    append(&group->places, slot_->tts_tid);
}

bool PendingScan::is_of(const PendingGroup &group) {
    return DatumGetBool(FunctionCall2Coll(&equality_, index_->rd_indcollation[1], value(slot_, key_column), group.key));
}

void PendingScan::remove(const PendingGroup &group) {
    for (int i = 0; i < group.places.count; i++)
        simple_table_tuple_delete(relation_, &group.places.items[i], snapshot_);
}

void PendingScan::close() {
    index_endscan(scan_);
    index_close(index_, NoLock);
    ExecDropSingleTupleTableSlot(slot_);
    table_close(relation_, NoLock);
}

} // namespace leadscore::pg
