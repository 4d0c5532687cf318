#include "pg/writing/once.hpp"

#include "pg/backend/owner.hpp"

namespace leadscore::pg {

namespace {

// The columns of a table of records, in order.
enum RecordColumn { key_column, criterion_column, since_column, points_column, record_columns };

// Looks into the index as it is now, whatever the transaction's snapshot: INSERT … ON CONFLICT DO NOTHING would fail
// above READ COMMITTED where the record is there but not seen. Most rows that make a criterion true again have one.
int drop_those_recorded(Oid table, Fact *facts, int count) {
    Relation relation = table_open(table, RowExclusiveLock);
    EState *executor = CreateExecutorState();
    auto *target = makeNode(ResultRelInfo);
    TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsVirtual);
    InitResultRelInfo(target, relation, 1, nullptr, 0);
    ExecOpenIndices(target, true);
    int kept = 0;
    for (int i = 0; i < count; i++) {
        ExecClearTuple(slot);
        for (int column = 0; column < record_columns; column++)
            slot->tts_isnull[column] = true;
        slot->tts_values[key_column] = facts[i].key;
        slot->tts_isnull[key_column] = false;
        slot->tts_values[criterion_column] = Int32GetDatum(facts[i].branch->criterion);
        slot->tts_isnull[criterion_column] = false;
        ExecStoreVirtualTuple(slot);
        if (meets_unique_indexes(target, slot, executor))
            facts[kept++] = facts[i];
        ResetPerTupleExprContext(executor);
    }
    ExecCloseIndices(target);
    ExecDropSingleTupleTableSlot(slot);
    FreeExecutorState(executor);
    table_close(relation, NoLock);
    return kept;
}

Datum array_of(Datum *values, bool *nulls, int count, Oid type) {
    TypeCacheEntry *entry = lookup_type_cache(type, 0);
    int dimensions[] = {count};
    int lower_bounds[] = {1};
    return PointerGetDatum(construct_md_array(values, nulls, 1, dimensions, lower_bounds, type, entry->typlen,
                                              entry->typbyval, entry->typalign));
}

// In the order of the keys, so that two statements that record the same wait for each other in one direction only.
void insert_records(Oid table, const Fact *facts, int count) {
    const char *insert =
        psprintf(R"(
        INSERT INTO %s (key, criterion, since, points)
        SELECT r.key, r.criterion, coalesce(r.since, leadscore.clock()), r.points
        FROM unnest($1, $2, $3, $4) AS r(key, criterion, since, points) ORDER BY r.key, r.criterion
        ON CONFLICT DO NOTHING)",
                 quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)), get_rel_name(table)));
    Datum *columns[record_columns];
    for (auto &column : columns)
        column = static_cast<Datum *>(palloc(sizeof(Datum) * static_cast<size_t>(count)));
    auto *timeless = static_cast<bool *>(palloc(sizeof(bool) * static_cast<size_t>(count)));
    for (int i = 0; i < count; i++) {
        columns[key_column][i] = facts[i].key;
        columns[criterion_column][i] = Int32GetDatum(facts[i].branch->criterion);
        columns[since_column][i] = TimestampTzGetDatum(facts[i].occurred_at);
        columns[points_column][i] = Float8GetDatum(facts[i].points);
        timeless[i] = facts[i].branch->is_timeless;
    }
    const Oid key_type = facts[0].branch->key_type;
    Oid types[] = {get_array_type(key_type), INT4ARRAYOID, TIMESTAMPTZARRAYOID, FLOAT8ARRAYOID};
    Datum values[] = {array_of(columns[key_column], nullptr, count, key_type),
                      array_of(columns[criterion_column], nullptr, count, INT4OID),
                      array_of(columns[since_column], timeless, count, TIMESTAMPTZOID),
                      array_of(columns[points_column], nullptr, count, FLOAT8OID)};
    as_extension_owner([&] {
        SPI_connect();
        int result = SPI_execute_with_args(insert, record_columns, types, values, nullptr, false, 0);
        if (result != SPI_OK_INSERT)
            elog(ERROR, "recording a criterion failed: %s", SPI_result_code_string(result));
        SPI_finish();
    });
}

} // namespace

// All of them are of one entity, and so of one table: a source of criteria is of one.
void record_first_times(Facts *facts) {
    auto *held = static_cast<Fact *>(
        MemoryContextAllocHuge(CurrentMemoryContext, sizeof(Fact) * static_cast<size_t>(Max(facts->count, 1))));
    int count = 0;
    int kept = 0;
    for (int i = 0; i < facts->count; i++) {
        const Fact &fact = facts->items[i];
        if (!OidIsValid(fact.branch->records))
            facts->items[kept++] = fact;
        else if (fact.sign > 0)
            held[count++] = fact;
    }
    facts->count = kept;
    if (count > 0) {
        const Oid table = held[0].branch->records;
        count = drop_those_recorded(table, held, count);
        if (count > 0)
            insert_records(table, held, count);
    }
    pfree(held);
}

void record_unseen(const Branch &branch) {
    Oid types[] = {INT4OID};
    Datum values[] = {Int32GetDatum(branch.number)};
    as_extension_owner([&] {
        SPI_connect();
        if (SPI_execute_with_args("SELECT leadscore_internal.record_unseen($1)", 1, types, values, nullptr, false, 0) !=
            SPI_OK_SELECT)
            elog(ERROR, "recording a criterion failed");
        SPI_finish();
    });
}

} // namespace leadscore::pg
