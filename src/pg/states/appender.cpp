#include <type_traits>

#include "pg/states/appender.hpp"

namespace leadscore::pg {

namespace {

// As many as PostgreSQL's COPY writes at once.
constexpr int most_slots = 1000;

void set(TupleTableSlot *slot, PendingColumn column, Datum value) {
    slot->tts_values[column] = value;
    slot->tts_isnull[column] = false;
}

AttrNumber place_of(PendingColumn column) { return static_cast<AttrNumber>(column + 1); }

bool has(Relation index, int attribute) { return !heap_attisnull(index->rd_indextuple, attribute, nullptr); }

// sign = 0
bool is_of_marks(Relation index) {
    List *condition = RelationGetIndexPredicate(index);
    if (list_length(condition) != 1 || !IsA(linitial(condition), OpExpr))
        return false;
    const auto *comparison = linitial_node(OpExpr, condition);
    if (get_opcode(comparison->opno) != F_INT24EQ)
        return false;
    const Node *left = static_cast<Node *>(linitial(comparison->args));
    const Node *right = static_cast<Node *>(lsecond(comparison->args));
    return IsA(left, Var) && reinterpret_cast<const Var *>(left)->varattno == place_of(sign_column) &&
           IsA(right, Const) && DatumGetInt32(reinterpret_cast<const Const *>(right)->constvalue) == 0;
}

bool is_own(Relation index) {
    const FormData_pg_index &form = *index->rd_index;
    return index->rd_rel->relam == BTREE_AM_OID && !form.indisunique && !form.indisexclusion && form.indisready &&
           form.indnatts == 2 && form.indkey.values[0] == place_of(component_column) &&
           form.indkey.values[1] == place_of(key_column) && (!has(index, Anum_pg_index_indpred) || is_of_marks(index));
}

static_assert(std::is_trivially_destructible_v<Appender>);

} // namespace

Appender::Appender(Oid table, int expected_rows)
    : relation_(table_open(table, RowExclusiveLock)), index_count_(0), executor_(nullptr), target_(nullptr),
      slots_(nullptr), slot_count_(Min(expected_rows, most_slots)), waiting_(0) {
    if (!open_own_indexes()) {
        executor_ = CreateExecutorState();
        target_ = makeNode(ResultRelInfo);
        InitResultRelInfo(target_, relation_, 1, nullptr, 0);
        ExecOpenIndices(target_, false);
    }
    slots_ = static_cast<TupleTableSlot **>(palloc(sizeof(TupleTableSlot *) * static_cast<size_t>(slot_count_)));
    for (int i = 0; i < slot_count_; i++)
        slots_[i] = MakeSingleTupleTableSlot(RelationGetDescr(relation_), &TTSOpsVirtual);
}

bool Appender::open_own_indexes() {
    bool all_own = true;
    ListCell *cell = nullptr;
    foreach (cell, RelationGetIndexList(relation_)) {
        Relation index = index_open(lfirst_oid(cell), RowExclusiveLock);
        all_own = all_own && index_count_ < most_own_indexes && is_own(index);
        if (all_own)
            indexes_[index_count_++] = OwnIndex{index, has(index, Anum_pg_index_indpred)};
        else
            index_close(index, NoLock);
    }
    if (!all_own)
        close_own_indexes();
    return all_own;
}

void Appender::close_own_indexes() {
    for (int i = 0; i < index_count_; i++)
        index_close(indexes_[i].relation, NoLock);
    index_count_ = 0;
}

void Appender::insert_index_entries(TupleTableSlot *slot) {
    if (executor_ != nullptr) {
        insert_index_tuples(target_, slot, executor_);
        ResetPerTupleExprContext(executor_);
        return;
    }
    const bool is_mark = DatumGetInt16(slot->tts_values[sign_column]) == 0;
    Datum values[] = {slot->tts_values[component_column], slot->tts_values[key_column]};
    bool nulls[] = {false, slot->tts_isnull[key_column]};
    for (int i = 0; i < index_count_; i++)
        if (is_mark || !indexes_[i].of_marks)
            index_insert(indexes_[i].relation, values, nulls, &slot->tts_tid, relation_, UNIQUE_CHECK_NO, false,
                         nullptr);
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
    for (int i = 0; i < waiting_; i++)
        insert_index_entries(slots_[i]);
    waiting_ = 0;
}

void Appender::close() {
    flush();
    close_own_indexes();
    for (int i = 0; i < slot_count_; i++)
        ExecDropSingleTupleTableSlot(slots_[i]);
    if (executor_ != nullptr) {
        ExecCloseIndices(target_);
        FreeExecutorState(executor_);
    }
    table_close(relation_, NoLock);
}

} // namespace leadscore::pg
