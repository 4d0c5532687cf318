#include "pg/backend/guard.hpp"
#include "pg/backend/owner.hpp"
#include "pg/backend/subtransaction.hpp"

using namespace leadscore::pg;

// try_count(relation, query) → (rows, sqlstate, message): a number that a query gives, read as the owner of the table;
// or its error.
LEADSCORE_FUNCTION(try_count) {
    Oid relation = PG_GETARG_OID(0);
    const char *query = text_to_cstring(PG_GETARG_TEXT_PP(1));
    TupleDesc columns = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &columns) != TYPEFUNC_COMPOSITE)
        elog(ERROR, "try_count() gives a row");
    Relation table = relation_open(relation, AccessShareLock);
    Oid owner = table->rd_rel->relowner;
    relation_close(table, AccessShareLock);

    Datum values[] = {0, 0, 0};
    bool nulls[] = {true, true, true};
    CaughtError error{};
    auto count = [&] {
        as_table_owner(owner, [&] {
            SPI_connect();
            if (SPI_execute(query, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
                elog(ERROR, "counting rows failed");
            values[0] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &nulls[0]);
            SPI_finish();
        });
    };
    if (!in_subtransaction(count, &error, CurrentMemoryContext)) {
        throw_on_passing(error);
        values[1] = CStringGetTextDatum(unpack_sql_state(error.data->sqlerrcode));
        values[2] = CStringGetTextDatum(error.data->message);
        nulls[0] = true;
        nulls[1] = nulls[2] = false;
    }
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls));
}
