#include "pg/row_reader.hpp"

#include "pg/kept_plan.hpp"
#include "pg/owner.hpp"
#include "pg/query.hpp"
#include "pg/sums.hpp"
#include "pg/visibility.hpp"

namespace leadscore::pg {

namespace {

struct BranchQuery {
    Oid owner;
    char *query;
    NullableDatum from; // where it says that itself,
    int64 ahead;        // and by how much its times are earlier
};

// The queries are made from the catalogue as the extension's owner and copied out of SPI's memory.
BranchQuery *run_for_queries(const char *select, const Parameter *arguments, int argument_count, int *count) {
    MemoryContext context = CurrentMemoryContext;
    BranchQuery *queries = nullptr;
    as_extension_owner([&] {
        SPI_connect();
        int result = execute_kept(select, arguments, argument_count);
        if (result != SPI_OK_SELECT)
            elog(ERROR, "reading the published rules failed: %s", SPI_result_code_string(result));
        *count = static_cast<int>(SPI_processed);
        queries = static_cast<BranchQuery *>(MemoryContextAlloc(context, sizeof(BranchQuery) * Max(SPI_processed, 1)));
        for (int i = 0; i < *count; i++) {
            bool is_null = false;
            TupleDesc row = SPI_tuptable->tupdesc;
            queries[i].owner = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i], row, 1, &is_null));
            queries[i].query = MemoryContextStrdup(
                context, TextDatumGetCString(SPI_getbinval(SPI_tuptable->vals[i], row, 2, &is_null)));
            if (row->natts > 2) {
                queries[i].from.value = SPI_getbinval(SPI_tuptable->vals[i], row, 3, &queries[i].from.isnull);
                queries[i].ahead = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], row, 4, &is_null));
            }
        }
        SPI_finish();
    });
    return queries;
}

BranchQuery *queries_of(int component, bool by_key, bool from, bool to, bool explained, int *count) {
    constexpr const char *select = R"(
        SELECT b.owner::pg_catalog.oid, leadscore_internal.branch_query(b.id, $2, $3, $4, $5)
        FROM leadscore_internal.branch AS b
        WHERE b.component OPERATOR(pg_catalog.=) $1 AND b.records IS NULL ORDER BY b.id)";
    auto flag = [](bool set) { return Parameter{BOOLOID, {BoolGetDatum(set), false}}; };
    const Parameter arguments[] = {
        {INT4OID, {Int32GetDatum(component), false}}, flag(by_key), flag(from), flag(to), flag(explained)};
    return run_for_queries(select, arguments, 5, count);
}

} // namespace

// Activities are read as their owner, so that a score is whole; but only of entities that the reader may know about.
void read_facts(int component, NullableDatum keys, Oid keys_type, NullableDatum from, NullableDatum to, bool explained,
                Tuplestorestate *result, TupleDesc columns) {
    keys = keys_visible_to_reader(component, keys);
    int count = 0;
    BranchQuery *queries = queries_of(component, !keys.isnull, !from.isnull, !to.isnull, explained, &count);
    const Parameter parameters[] = {{keys_type, keys}, {TIMESTAMPTZOID, from}, {TIMESTAMPTZOID, to}};
    for (int i = 0; i < count; i++)
        as_table_owner(queries[i].owner, [&] { run_into(queries[i].query, parameters, 3, result, columns); });
}

// Of a million rows, those of the few who are wanted leave this place.
void read_earned(const Window &window, Tuplestorestate *result, TupleDesc columns) {
    constexpr const char *select =
        "SELECT q.owner, q.query, q.from_time, q.ahead FROM leadscore_internal.earned_queries($1, $2, $3, $4) AS q";
    const NullableDatum keys = keys_visible_to_reader(window.score, window.entity, window.keys);
    const Parameter arguments[] = {{INT4OID, {Int32GetDatum(window.score), false}},
                                   {INT4OID, {Int32GetDatum(window.entity), false}},
                                   {TIMESTAMPTZOID, window.from},
                                   {BOOLOID, {BoolGetDatum(!keys.isnull), false}}};
    int count = 0;
    BranchQuery *queries = run_for_queries(select, arguments, 4, &count);
    Sums *sums = begin_sums(result, columns);
    for (int i = 0; i < count; i++) {
        const Parameter parameters[] = {
            {window.keys_type, keys}, {TIMESTAMPTZOID, queries[i].from}, {TIMESTAMPTZOID, window.to}};
        DestReceiver *receiver = receiver_of(sums, queries[i].ahead);
        as_table_owner(queries[i].owner, [&] { run_query(queries[i].query, parameters, 3, receiver); });
    }
    end_sums(sums, window.more_than);
}

void read_branch_facts(int branch, Tuplestorestate *result, TupleDesc columns) {
    constexpr const char *select = R"(
        SELECT b.owner::pg_catalog.oid, leadscore_internal.branch_query(b.id, false, false, false, false)
        FROM leadscore_internal.branch AS b WHERE b.id OPERATOR(pg_catalog.=) $1)";
    const Parameter argument{INT4OID, {Int32GetDatum(branch), false}};
    int count = 0;
    BranchQuery *queries = run_for_queries(select, &argument, 1, &count);
    for (int i = 0; i < count; i++)
        as_table_owner(queries[i].owner, [&] { run_into(queries[i].query, nullptr, 0, result, columns); });
}

} // namespace leadscore::pg
