#include "pg/row_reader.hpp"

#include "pg/owner.hpp"
#include "pg/query.hpp"
#include "pg/visibility.hpp"

namespace leadscore::pg {

namespace {

struct BranchQuery {
    Oid owner;
    char *query;
};

// The queries are made from the catalogue as the extension's owner and copied out of SPI's memory.
BranchQuery *run_for_queries(const char *select, int argument_count, Oid *types, Datum *values, int *count) {
    MemoryContext context = CurrentMemoryContext;
    BranchQuery *queries = nullptr;
    as_extension_owner([&] {
        SPI_connect();
        int result = SPI_execute_with_args(select, argument_count, types, values, nullptr, true, 0);
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
    Oid types[] = {INT4OID, BOOLOID, BOOLOID, BOOLOID, BOOLOID};
    Datum values[] = {Int32GetDatum(component), BoolGetDatum(by_key), BoolGetDatum(from), BoolGetDatum(to),
                      BoolGetDatum(explained)};
    return run_for_queries(select, 5, types, values, count);
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

void read_branch_facts(int branch, Tuplestorestate *result, TupleDesc columns) {
    constexpr const char *select = R"(
        SELECT b.owner::pg_catalog.oid, leadscore_internal.branch_query(b.id, false, false, false, false)
        FROM leadscore_internal.branch AS b WHERE b.id OPERATOR(pg_catalog.=) $1)";
    Oid types[] = {INT4OID};
    Datum values[] = {Int32GetDatum(branch)};
    int count = 0;
    BranchQuery *queries = run_for_queries(select, 1, types, values, &count);
    for (int i = 0; i < count; i++)
        as_table_owner(queries[i].owner, [&] { run_into(queries[i].query, nullptr, 0, result, columns); });
}

} // namespace leadscore::pg
