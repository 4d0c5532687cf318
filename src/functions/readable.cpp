#include "pg/guard.hpp"
#include "pg/kept_plan.hpp"
#include "pg/owner.hpp"
#include "pg/readable.hpp"

using namespace leadscore::pg;

// must_read_rows(component) → whether a component can only be read from the rows
LEADSCORE_FUNCTION(must_read_rows) { PG_RETURN_BOOL(must_read_rows(PG_GETARG_INT32(0))); }

// look_up(query, key) → the number that the query gives for the key
LEADSCORE_FUNCTION(look_up) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    const char *query = text_to_cstring(PG_GETARG_TEXT_PP(0));
    const Parameter key{get_fn_expr_argtype(fcinfo->flinfo, 1), {PG_GETARG_DATUM(1), PG_ARGISNULL(1)}};
    Datum number = 0;
    bool is_null = true;
    in_safe_path([&] {
        SPI_connect();
        if (execute_kept(query, &key, 1) != SPI_OK_SELECT || SPI_tuptable->tupdesc->natts != 1 ||
            SPI_gettypeid(SPI_tuptable->tupdesc, 1) != FLOAT8OID)
            ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("the query must give a number")));
        if (SPI_processed > 0)
            number = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
        SPI_finish();
    });
    if (is_null)
        PG_RETURN_NULL();
    return number;
}

// tables_stand(relations, owners) → whether each table is there and, where owners are given, has its owner
LEADSCORE_FUNCTION(tables_stand) {
    if (PG_ARGISNULL(0))
        PG_RETURN_BOOL(true);
    auto oids = [&](int number, int *count) {
        Datum *items = nullptr;
        deconstruct_array(PG_GETARG_ARRAYTYPE_P(number), OIDOID, sizeof(Oid), true, TYPALIGN_INT, &items, nullptr,
                          count);
        return items;
    };
    int count = 0;
    const Datum *relations = oids(0, &count);
    int owner_count = count;
    const Datum *owners = PG_ARGISNULL(1) ? nullptr : oids(1, &owner_count);
    bool stand = owner_count == count;
    for (int i = 0; i < count && stand; i++) {
        HeapTuple row = SearchSysCache1(RELOID, relations[i]);
        stand = HeapTupleIsValid(row) &&
                (owners == nullptr || static_cast<Form_pg_class>(static_cast<void *>(GETSTRUCT(row)))->relowner ==
                                          DatumGetObjectId(owners[i]));
        if (HeapTupleIsValid(row))
            ReleaseSysCache(row);
    }
    PG_RETURN_BOOL(stand);
}
