#include <type_traits>

#include "pg/appender.hpp"

namespace leadscore::pg {

namespace {

// As many as PostgreSQL's COPY writes at once.
constexpr int most_slots = 1000;

void set(TupleTableSlot *slot, PendingColumn column, Datum value) {
    slot->tts_values[column] = value;
    slot->tts_isnull[column] = false;
}

static_assert(std::is_trivially_destructible_v<Appender>);

} // namespace

Appender::Appender(Oid table, int expected_rows)
    : relation_(table_open(table, RowExclusiveLock)), executor_(CreateExecutorState()),
      target_(makeNode(ResultRelInfo)), slots_(nullptr), slot_count_(Min(expected_rows, most_slots)), waiting_(0) {
    InitResultRelInfo(target_, relation_, 1, nullptr, 0);
    ExecOpenIndices(target_, false);
    slots_ = static_cast<TupleTableSlot **>(palloc(sizeof(TupleTableSlot *) * static_cast<size_t>(slot_count_)));
    for (int i = 0; i < slot_count_; i++)
        slots_[i] = MakeSingleTupleTableSlot(RelationGetDescr(relation_), &TTSOpsVirtual);
}

void Appender::add_delta(const Fact &fact) {
    TupleTableSlot *slot = start(*fact.branch);
    set(slot, sign_column, Int16GetDatum(fact.sign));
    set(slot, activities_column, Int16GetDatum(fact.activities));
    set(slot, occurred_at_column, TimestampTzGetDatum(fact.occurred_at));
    set(slot, points_column, Float8GetDatum(fact.points));
    set(slot, key_column, fact.key);
    finish();
}

void Appender::add_mark(const Component &component, const Datum *key) {
    TupleTableSlot *slot = start(component);
    set(slot, sign_column, Int16GetDatum(0));
    set(slot, activities_column, Int16GetDatum(0));
    if (key != nullptr)
        set(slot, key_column, *key);
    finish();
}

void Appender::add_settled_mark(const Component &component, Datum key) {
    TupleTableSlot *slot = start(component);
    set(slot, sign_column, Int16GetDatum(0));
    set(slot, activities_column, Int16GetDatum(0));
    set(slot, stamp_column, FullTransactionIdGetDatum(FullTransactionIdFromU64(0)));
    set(slot, key_column, key);
    finish();
}

TupleTableSlot *Appender::start(const Component &component) {
    TupleTableSlot *slot = slots_[waiting_];
    ExecClearTuple(slot);
    for (int column = 0; column < pending_columns; column++)
        slot->tts_isnull[column] = true;
    set(slot, component_column, Int32GetDatum(component.component));
    return slot;
}

void Appender::finish() {
    ExecStoreVirtualTuple(slots_[waiting_]);
    waiting_++;
    if (waiting_ == slot_count_)
        flush();
}

void Appender::flush() {
    CommandId command = GetCurrentCommandId(true);
    if (waiting_ == 1)
        table_tuple_insert(relation_, slots_[0], command, 0, nullptr);
    else if (waiting_ > 1)
        table_multi_insert(relation_, slots_, waiting_, command, 0, nullptr);
    for (int i = 0; i < waiting_; i++) {
        insert_index_tuples(target_, slots_[i], executor_);
        ResetPerTupleExprContext(executor_);
    }
    waiting_ = 0;
}

void Appender::close() {
    flush();
    ExecCloseIndices(target_);
    for (int i = 0; i < slot_count_; i++)
        ExecDropSingleTupleTableSlot(slots_[i]);
    FreeExecutorState(executor_);
    table_close(relation_, NoLock);
}

} // namespace leadscore::pg
