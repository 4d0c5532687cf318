#include <type_traits>

#include "pg/pending.hpp"

#include "pg/owner.hpp"
#include "pg/subtransaction.hpp"

namespace leadscore::pg {

namespace {

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

// A pending table opened for appending.
class Appender {
public:
    explicit Appender(Oid table)
        : relation_(table_open(table, RowExclusiveLock)), executor_(CreateExecutorState()),
          target_(makeNode(ResultRelInfo)),
          slot_(MakeSingleTupleTableSlot(RelationGetDescr(relation_), &TTSOpsVirtual)) {
        InitResultRelInfo(target_, relation_, 1, nullptr, 0);
        ExecOpenIndices(target_, false);
    }

    void add_delta(const Fact &fact) {
        start(*fact.branch);
        set(sign_column, Int16GetDatum(fact.sign));
        set(activities_column, Int16GetDatum(fact.activities));
        set(occurred_at_column, TimestampTzGetDatum(fact.occurred_at));
        set(points_column, Float8GetDatum(fact.points));
        set(key_column, fact.key);
        finish();
    }

    // Without a key, for all entities of the component.
    void add_mark(const Component &component, const Datum *key) {
        start(component);
        set(sign_column, Int16GetDatum(0));
        set(activities_column, Int16GetDatum(0));
        if (key != nullptr)
            set(key_column, *key);
        finish();
    }

    void close() {
        ExecCloseIndices(target_);
        ExecDropSingleTupleTableSlot(slot_);
        FreeExecutorState(executor_);
        table_close(relation_, NoLock);
    }

private:
    void start(const Component &component) {
        ExecClearTuple(slot_);
        for (int column = 0; column < pending_columns; column++)
            slot_->tts_isnull[column] = true;
        set(component_column, Int32GetDatum(component.component));
    }

    void set(PendingColumn column, Datum value) {
        slot_->tts_values[column] = value;
        slot_->tts_isnull[column] = false;
    }

    void finish() {
        ExecStoreVirtualTuple(slot_);
        table_tuple_insert(relation_, slot_, GetCurrentCommandId(true), 0, nullptr);
        insert_index_tuples(target_, slot_, executor_);
        ResetPerTupleExprContext(executor_);
    }

    Relation relation_;
    EState *executor_;
    ResultRelInfo *target_;
    TupleTableSlot *slot_;
};

// PostgreSQL's errors jump past it, so it must not need a destructor.
static_assert(std::is_trivially_destructible_v<Appender>);

} // namespace

void append_facts(const Facts &facts) {
    int written = 0;
    for (int first = 0; written < facts.count; first++) {
        Oid table = facts.items[first].branch->pending;
        bool done = false;
        for (int i = 0; i < first && !done; i++)
            done = facts.items[i].branch->pending == table;
        if (done)
            continue;
        Appender appender(table);
        for (int i = first; i < facts.count; i++) {
            if (facts.items[i].branch->pending != table)
                continue;
            if (facts.items[i].branch->marks)
                appender.add_mark(*facts.items[i].branch, &facts.items[i].key);
            else
                appender.add_delta(facts.items[i]);
            written++;
        }
        appender.close();
    }
}

void append_component_mark(const Component &component) {
    Appender appender(component.pending);
    appender.add_mark(component, nullptr);
    appender.close();
}

void append_marks(const Component &component, const Datum *keys, int count) {
    if (count == 0)
        return;
    Appender appender(component.pending);
    for (int i = 0; i < count; i++)
        appender.add_mark(component, &keys[i]);
    appender.close();
}

void report_broken(const Component &component, int sqlstate, const char *message, const char *what_was_done) {
    constexpr const char *insert = R"(
        INSERT INTO leadscore_internal.incident (score, building, sqlstate, message)
        SELECT $1, $2, $3, $4 WHERE NOT EXISTS (
          SELECT FROM leadscore_internal.incident AS i
          WHERE i.score OPERATOR(pg_catalog.=) $1 AND i.building OPERATOR(pg_catalog.=) $2))";
    Oid types[] = {INT4OID, BOOLOID, TEXTOID, TEXTOID};
    Datum values[] = {Int32GetDatum(component.score), BoolGetDatum(component.building),
                      CStringGetTextDatum(unpack_sql_state(sqlstate)), CStringGetTextDatum(message)};
    volatile uint64 inserted = 0;
    as_extension_owner([&] {
        SPI_connect();
        int result = SPI_execute_with_args(insert, 4, types, values, nullptr, false, 0);
        if (result != SPI_OK_INSERT)
            elog(ERROR, "noting a broken score failed: %s", SPI_result_code_string(result));
        inserted = SPI_processed;
        SPI_finish();
    });
    if (inserted == 0)
        return;
    // The error takes the incident back. A score that a change of its table broke makes no write fail any more.
    if (component.fails)
        ereport(ERROR,
                (errcode(sqlstate), errmsg("%s", message), errdetail("A score was created with on_error => 'fail'.")));
    // That a version cannot be built, publish says.
    if (component.building)
        return;
    ereport(WARNING, (errcode(sqlstate), errmsg("a score is broken: %s", message),
                      errdetail("%s; the score cannot be read until it is mended.", what_was_done),
                      errhint("Mend the rule or the data, then CALL leadscore.publish() for the score that "
                              "leadscore.status shows as broken.")));
}

void fold_now_and_then(const Facts &facts) {
    // A fold of one batch for every half batch appended keeps up with any number of writers; what a large statement
    // appends is left to tick, and so is all of it where the transaction's snapshot is not of now.
    constexpr int batch = 512;
    static int appended = 0;
    if (facts.count == 0 || facts.count > batch || IsolationUsesXactSnapshot())
        return;
    int last = facts.count - 1;
    while (last >= 0 && facts.items[last].branch->marks)
        last--;
    if (last < 0)
        return;
    appended += facts.count;
    if (appended < batch / 2)
        return;
    appended = 0;
    const Branch &branch = *facts.items[last].branch;
    CaughtError error;
    bool folded = in_subtransaction(
        [&] {
            as_extension_owner([&] {
                Oid types[] = {INT4OID, INT4OID};
                Datum values[] = {Int32GetDatum(branch.component), Int32GetDatum(batch)};
                SPI_connect();
                SPI_execute_with_args("SELECT leadscore_internal.fold_some($1, $2)", 2, types, values, nullptr, false,
                                      0);
                SPI_finish();
            });
        },
        &error, CurrentMemoryContext);
    if (!folded)
        ereport(WARNING,
                (errcode(error.data->sqlerrcode), errmsg("could not fold pending changes: %s", error.data->message),
                 errhint("Scores stay exact; CALL leadscore.tick() folds what is pending.")));
}

} // namespace leadscore::pg
