#include <type_traits>

#include "pg/states/state_table.hpp"

namespace leadscore::pg {

namespace {

static_assert(std::is_trivially_destructible_v<StateTable>);

constexpr const char *part_names[] = {"points",     "held",      "falling",          "magnitude",     "error",
                                      "activities", "reference", "last_activity_at", "next_change_at"};

void refuse_missing_column(Relation relation, const char *name) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                    errmsg("table \"%s\" has no column \"%s\" any more", RelationGetRelationName(relation), name),
                    errhint("Publish the score again: that makes its states anew.")));
}

AttrNumber needed_place(Relation relation, const char *name) {
    const AttrNumber place = get_attnum(RelationGetRelid(relation), name);
    if (place == InvalidAttrNumber)
        refuse_missing_column(relation, name);
    return place;
}

// Of what not every decay needs, invalid.
AttrNumber place_of_part(Relation relation, StatePart part) {
    const char *name = part_names[place_of(part)];
    const bool may_be_missing = part == StatePart::held || part == StatePart::falling || part == StatePart::reference;
    return may_be_missing ? get_attnum(RelationGetRelid(relation), name) : needed_place(relation, name);
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
      written_(MakeSingleTupleTableSlot(RelationGetDescr(relation_), &TTSOpsVirtual)),
      key_place_(needed_place(relation_, "key")), rank_place_(needed_place(relation_, "rank")), places_{} {
    static_assert(lengthof(part_names) == state_part_count);
    for (int part = 0; part < state_part_count; part++)
        places_[part] = place_of_part(relation_, static_cast<StatePart>(part));
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
    if (!index_getnext_slot(scan_, ForwardScanDirection, found_))
        return core::State{};
    return state_from([&](StatePart part) {
        NullableDatum value{0, true};
        const AttrNumber place = places_[place_of(part)];
        if (place != InvalidAttrNumber)
            value.value = slot_getattr(found_, place, &value.isnull);
        return value;
    });
}

void StateTable::store(Datum key, const RankedState &ranked) {
    const StateValues values = values_of(core::shortened(ranked.state));
    const bool is_new = TTS_EMPTY(found_);
    ExecClearTuple(written_);
    for (int i = 0; i < RelationGetDescr(relation_)->natts; i++)
        written_->tts_isnull[i] = true;
    write(key_place_, key);
    if (ranked.rank.has_value())
        write(rank_place_, Int32GetDatum(*ranked.rank));
    for (int part = 0; part < state_part_count; part++) {
        if (values[part].isnull)
            continue;
        if (places_[part] == InvalidAttrNumber)
            refuse_missing_column(relation_, part_names[part]);
        write(places_[part], values[part].value);
    }
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

void StateTable::write(AttrNumber place, Datum value) {
    written_->tts_values[place - 1] = value;
    written_->tts_isnull[place - 1] = false;
}

} // namespace leadscore::pg
