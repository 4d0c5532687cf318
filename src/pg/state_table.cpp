#include <type_traits>

#include "pg/state_table.hpp"

namespace leadscore::pg {

namespace {

static_assert(std::is_trivially_destructible_v<StateTable>);

enum StateColumn {
    key_column,
    rank_column,
    points_column,
    magnitude_column,
    error_column,
    activities_column,
    last_activity_at_column,
    next_change_at_column,
    reference_column,
    held_column,
    falling_column
};

constexpr const char *column_names[] = {"key",       "rank",       "points",           "magnitude",
                                        "error",     "activities", "last_activity_at", "next_change_at",
                                        "reference", "held",       "falling"};

AttrNumber place_of(Relation relation, const char *name) {
    AttrNumber place = get_attnum(RelationGetRelid(relation), name);
    if (place == InvalidAttrNumber)
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                        errmsg("table \"%s\" has no column \"%s\" any more", RelationGetRelationName(relation), name),
                        errhint("Publish the score again: that makes its states anew.")));
    return place;
}

} // namespace

RegProcedure equality_of(Relation index, int column) {
    const Oid type = index->rd_opcintype[column];
    return get_opcode(get_opfamily_member(index->rd_opfamily[column], type, type, BTEqualStrategyNumber));
}

StateTable::StateTable(Oid table, Snapshot snapshot)
    : relation_(table_open(table, RowExclusiveLock)), index_(nullptr), snapshot_(snapshot),
      executor_(CreateExecutorState()), target_(makeNode(ResultRelInfo)), scan_(nullptr), equality_(InvalidOid),
      found_(table_slot_create(relation_, nullptr)),
      written_(MakeSingleTupleTableSlot(RelationGetDescr(relation_), &TTSOpsVirtual)), places_{} {
    static_assert(lengthof(column_names) == column_count);
    for (int column = 0; column < column_count; column++)
        places_[column] = place_of(relation_, column_names[column]);
    InitResultRelInfo(target_, relation_, 1, nullptr, 0);
    ExecOpenIndices(target_, false);
    index_ = index_open(primary_key_index(relation_), RowExclusiveLock);
    equality_ = equality_of(index_, 0);
    scan_ = begin_index_scan(relation_, index_, snapshot_, 1);
}

core::State StateTable::find(Datum key) {
    ScanKeyData wanted;
    ScanKeyEntryInitialize(&wanted, 0, 1, BTEqualStrategyNumber, InvalidOid, index_->rd_indcollation[0], equality_,
                           key);
    ExecClearTuple(found_);
    index_rescan(scan_, &wanted, 1, nullptr, 0);
    core::State state;
    if (!index_getnext_slot(scan_, ForwardScanDirection, found_))
        return state;
    bool is_null = false;
    read(points_column, &state.points);
    read(magnitude_column, &state.magnitude);
    read(error_column, &state.error);
    read(held_column, &state.held);
    read(falling_column, &state.falling);
    state.activities = DatumGetInt64(slot_getattr(found_, places_[activities_column], &is_null));
    read(last_activity_at_column, &state.last_activity_at);
    read(reference_column, &state.reference);
    read(next_change_at_column, &state.next_change_at);
    return state;
}

void StateTable::store(Datum key, const core::State &state, std::optional<std::int32_t> rank) {
    const bool is_new = TTS_EMPTY(found_);
    ExecClearTuple(written_);
    for (int i = 0; i < RelationGetDescr(relation_)->natts; i++)
        written_->tts_isnull[i] = true;
    write(key_column, key);
    if (rank.has_value())
        write(rank_column, Int32GetDatum(*rank));
    write(points_column, Float8GetDatum(state.points));
    write(magnitude_column, Float8GetDatum(state.magnitude));
    write(error_column, Float8GetDatum(state.error));
    write(activities_column, Int64GetDatum(state.activities));
    write_instant(last_activity_at_column, state.last_activity_at);
    write_instant(reference_column, state.reference);
    write_instant(next_change_at_column, state.next_change_at);
    if (state.held != 0)
        write(held_column, Float8GetDatum(state.held));
    if (state.falling != 0)
        write(falling_column, Float8GetDatum(state.falling));
    ExecStoreVirtualTuple(written_);
    if (is_new)
        insert_tuple(target_, written_, executor_);
    else
        update_tuple(target_, &found_->tts_tid, written_, executor_, snapshot_);
    ResetPerTupleExprContext(executor_);
}

void StateTable::close() {
    index_endscan(scan_);
    index_close(index_, NoLock);
    ExecCloseIndices(target_);
    ExecDropSingleTupleTableSlot(found_);
    ExecDropSingleTupleTableSlot(written_);
    FreeExecutorState(executor_);
    table_close(relation_, NoLock);
}

void StateTable::read(int column, double *number) const {
    bool is_null = false;
    Datum value = slot_getattr(found_, places_[column], &is_null);
    if (!is_null)
        *number = DatumGetFloat8(value);
}

void StateTable::read(int column, core::Ticks *instant) const {
    bool is_null = false;
    Datum value = slot_getattr(found_, places_[column], &is_null);
    if (!is_null)
        *instant = DatumGetTimestampTz(value);
}

void StateTable::write(int column, Datum value) {
    written_->tts_values[places_[column] - 1] = value;
    written_->tts_isnull[places_[column] - 1] = false;
}

void StateTable::write_instant(int column, core::Ticks instant) {
    if (instant != core::no_instant && instant != core::endless && IS_VALID_TIMESTAMP(instant))
        write(column, TimestampTzGetDatum(instant));
}

} // namespace leadscore::pg
