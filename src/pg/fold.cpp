#include "pg/fold.hpp"

#include "pg/clock.hpp"
#include "pg/kept.hpp"
#include "pg/owner.hpp"
#include "pg/subtransaction.hpp"

namespace leadscore::pg {

namespace {

struct Fold : Kept {
    const char *query;
    SPIPlanPtr plan; // for batches; made when it is first wanted
};

void free_plan(Kept *kept) {
    auto *fold = static_cast<Fold *>(kept);
    if (fold->plan != nullptr)
        SPI_freeplan(fold->plan);
}

void load_fold(Fold *fold, int component) {
    constexpr const char *select = R"(
        SELECT leadscore_internal.fold_query(c), c.pending::pg_catalog.oid, c.states::pg_catalog.oid
        FROM leadscore_internal.component AS c WHERE c.id OPERATOR(pg_catalog.=) $1)";
    Oid types[] = {INT4OID};
    Datum values[] = {Int32GetDatum(component)};
    SPI_connect();
    if (SPI_execute_with_args(select, 1, types, values, nullptr, true, 0) != SPI_OK_SELECT || SPI_processed != 1)
        elog(ERROR, "component %d does not exist", component);
    HeapTuple row = SPI_tuptable->vals[0];
    TupleDesc columns = SPI_tuptable->tupdesc;
    bool is_null = false;
    MemoryContext spi_context = MemoryContextSwitchTo(fold->context);
    fold->query = TextDatumGetCString(SPI_getbinval(row, columns, 1, &is_null));
    fold->table_count = 2;
    fold->tables = static_cast<Oid *>(palloc(2 * sizeof(Oid)));
    fold->tables[0] = DatumGetObjectId(SPI_getbinval(row, columns, 2, &is_null));
    fold->tables[1] = DatumGetObjectId(SPI_getbinval(row, columns, 3, &is_null));
    MemoryContextSwitchTo(spi_context);
    SPI_finish();
}

Fold *acquire_fold(int component) {
    const KeptKey key{KeptKind::fold, component, InvalidOid};
    return acquire_kept<Fold>(key, [&](MemoryContext context) {
        auto *fold = static_cast<Fold *>(MemoryContextAllocZero(context, sizeof(Fold)));
        fold->context = context;
        fold->let_go = free_plan;
        fold->names_things = true;
        load_fold(fold, component);
        return fold;
    });
}

constexpr int parameter_count = 3;

Oid *parameter_types() {
    static Oid types[parameter_count] = {INT4OID, TIMESTAMPTZOID, INT4OID};
    return types;
}

SPIPlanPtr kept_plan(Fold *fold) {
    if (fold->plan == nullptr) {
        SPIPlanPtr plan = SPI_prepare_cursor(fold->query, parameter_count, parameter_types(), CURSOR_OPT_GENERIC_PLAN);
        if (plan == nullptr || SPI_keepplan(plan) != 0)
            elog(ERROR, "planning a fold failed");
        fold->plan = plan;
    }
    return fold->plan;
}

int execute(Fold *fold, Datum *values, const char *nulls, bool is_batch) {
    if (is_batch)
        return SPI_execute_plan(kept_plan(fold), values, nulls, false, 0);
    return SPI_execute_with_args(fold->query, parameter_count, parameter_types(), values, nulls, false, 0);
}

} // namespace

int64 fold_deltas(int component, NullableDatum at_most) {
    int64 folded = 0;
    in_safe_path([&] {
        Fold *fold = acquire_fold(component);
        Datum values[] = {Int32GetDatum(component), TimestampTzGetDatum(folding_instant()), at_most.value};
        const char nulls[] = {' ', ' ', at_most.isnull ? 'n' : ' '};
        // A pending table is a queue, mostly of dead rows: only plain index scans remember which index entries are
        // dead.
        set_for_now("enable_bitmapscan", "off");
        set_for_now("enable_seqscan", "off");
        SPI_connect();
        const int code = execute(fold, values, nulls, !at_most.isnull);
        if (code != SPI_OK_SELECT || SPI_processed != 1)
            elog(ERROR, "a fold failed: %s", SPI_result_code_string(code));
        bool is_null = false;
        folded = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
        SPI_finish();
    });
    return folded;
}

void fold_now_and_then(const Facts &facts) {
    // A fold of one batch for every half batch appended keeps up with any number of writers; what a large statement
    // appends is left to tick, and so is all of it where the transaction's snapshot is not of now.
    constexpr int batch = 512;
    static int appended = 0;
    if (facts.count == 0 || facts.count > batch || IsolationUsesXactSnapshot())
        return;
    appended += facts.count;
    if (appended < batch / 2)
        return;
    appended = 0;
    // Each of the components that the statement gave something to, in turn.
    static int turn = 0;
    turn = (turn + 1) % facts.count;
    const Branch &branch = *facts.items[turn].branch;
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
