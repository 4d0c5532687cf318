#include "pg/row_reader.hpp"

#include "pg/owner.hpp"

namespace leadscore::pg {

namespace {

struct BranchQuery {
    Oid owner;
    char *query;
};

// The queries are made from the catalogue as the extension's owner and copied out of SPI's memory.
BranchQuery *queries_of(int component, bool by_key, bool from, bool to, bool explained, int *count) {
    constexpr const char *select = R"(
        SELECT b.owner::pg_catalog.oid, leadscore_internal.branch_query(b.id, $2, $3, $4, $5)
        FROM leadscore_internal.branch AS b WHERE b.component OPERATOR(pg_catalog.=) $1 ORDER BY b.id)";
    Oid types[] = {INT4OID, BOOLOID, BOOLOID, BOOLOID, BOOLOID};
    Datum values[] = {Int32GetDatum(component), BoolGetDatum(by_key), BoolGetDatum(from), BoolGetDatum(to),
                      BoolGetDatum(explained)};
    MemoryContext context = CurrentMemoryContext;
    BranchQuery *queries = nullptr;
    as_extension_owner([&] {
        SPI_connect();
        int result = SPI_execute_with_args(select, 5, types, values, nullptr, true, 0);
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

// The query for which of the keys the reader may see; as the extension's owner, because readers have no right to the
// catalogue.
char *visible_keys_query(int component, bool by_key, Oid *relation) {
    constexpr const char *select = R"(
        SELECT e.relation::pg_catalog.oid, leadscore_internal.visible_keys_query(e, $2)
        FROM leadscore_internal.component AS c
        JOIN leadscore_internal.entity AS e ON e.id OPERATOR(pg_catalog.=) c.entity
        WHERE c.id OPERATOR(pg_catalog.=) $1)";
    Oid types[] = {INT4OID, BOOLOID};
    Datum values[] = {Int32GetDatum(component), BoolGetDatum(by_key)};
    MemoryContext context = CurrentMemoryContext;
    char *query = nullptr;
    as_extension_owner([&] {
        SPI_connect();
        int result = SPI_execute_with_args(select, 2, types, values, nullptr, true, 1);
        if (result == SPI_OK_SELECT && SPI_processed == 1) {
            bool is_null = false;
            TupleDesc row = SPI_tuptable->tupdesc;
            *relation = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[0], row, 1, &is_null));
            query = MemoryContextStrdup(context,
                                        TextDatumGetCString(SPI_getbinval(SPI_tuptable->vals[0], row, 2, &is_null)));
        }
        SPI_finish();
    });
    return query;
}

// Activities are read as their owner, so that a score is whole; but only of entities that the reader may see.
NullableDatum keys_visible_to_reader(int component, NullableDatum keys, Oid keys_type) {
    Oid reader = GetUserId();
    if (reader == extension_owner() || superuser_arg(reader))
        return keys;
    Oid relation = InvalidOid;
    char *query = visible_keys_query(component, !keys.isnull, &relation);
    if (query == nullptr)
        return keys;

    // Without keys and without row-level security, the right to read the table is all there is to check.
    bool all_rows = keys.isnull && check_enable_rls(relation, InvalidOid, true) != RLS_ENABLED;
    Oid types[] = {keys_type};
    Datum values[] = {keys.value};
    const char nulls[] = {keys.isnull ? 'n' : ' '};
    MemoryContext context = CurrentMemoryContext;
    NullableDatum visible{0, false};
    int nest = NewGUCNestLevel();
    set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
                      false);
    SPI_connect();
    const char *text = all_rows ? psprintf("SELECT v.keys FROM (%s) AS v LIMIT 0", query) : query;
    int result = SPI_execute_with_args(text, 1, types, values, nulls, true, 1);
    if (result != SPI_OK_SELECT)
        elog(ERROR, "reading the keys of entities failed: %s", SPI_result_code_string(result));
    if (!all_rows) {
        Datum found = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &visible.isnull);
        MemoryContext spi_context = MemoryContextSwitchTo(context);
        visible.value = datumCopy(found, false, -1);
        MemoryContextSwitchTo(spi_context);
    }
    SPI_finish();
    AtEOXact_GUC(true, nest);
    return all_rows ? keys : visible;
}

void run_into(const char *query, int parameter_count, Oid *types, Datum *values, const char *nulls,
              Tuplestorestate *result, TupleDesc columns) {
    ParamListInfo parameters = makeParamList(parameter_count);
    for (int i = 0; i < parameter_count; i++)
        parameters->params[i] = ParamExternData{values[i], nulls[i] == 'n', PARAM_FLAG_CONST, types[i]};
    SPI_connect();
    SPIExecuteOptions options{};
    options.params = parameters;
    options.read_only = true;
    options.must_return_tuples = true;
    options.dest = CreateDestReceiver(DestTuplestore);
    SetTuplestoreDestReceiverParams(options.dest, result, CurrentMemoryContext, false, columns,
                                    "the published rules do not give the key's type any more");
    int code = SPI_execute_extended(query, &options);
    if (code != SPI_OK_SELECT)
        elog(ERROR, "reading activities failed: %s", SPI_result_code_string(code));
    options.dest->rDestroy(options.dest);
    SPI_finish();
}

} // namespace

void read_facts(int component, NullableDatum keys, Oid keys_type, NullableDatum from, NullableDatum to, bool explained,
                Tuplestorestate *result, TupleDesc columns) {
    keys = keys_visible_to_reader(component, keys, keys_type);
    int count = 0;
    BranchQuery *queries = queries_of(component, !keys.isnull, !from.isnull, !to.isnull, explained, &count);
    Oid types[] = {keys_type, TIMESTAMPTZOID, TIMESTAMPTZOID};
    Datum values[] = {keys.value, from.value, to.value};
    const char nulls[] = {keys.isnull ? 'n' : ' ', from.isnull ? 'n' : ' ', to.isnull ? 'n' : ' '};

    for (int i = 0; i < count; i++)
        as_table_owner(queries[i].owner, [&] { run_into(queries[i].query, 3, types, values, nulls, result, columns); });
}

} // namespace leadscore::pg
