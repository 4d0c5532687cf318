#include "pg/backend/guard.hpp"
#include "pg/reading/readable.hpp"

using namespace leadscore::pg;

// must_read_rows(component) → whether a component can only be read from the rows
LEADSCORE_FUNCTION(must_read_rows) { PG_RETURN_BOOL(must_read_rows(PG_GETARG_INT32(0))); }

// check_readable(score): an error where it cannot be read
LEADSCORE_FUNCTION(check_readable) {
    check_readable(PG_GETARG_INT32(0));
    PG_RETURN_VOID();
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
