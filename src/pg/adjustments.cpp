#include "pg/adjustments.hpp"

#include "pg/caller.hpp"
#include "pg/owner.hpp"
#include "pg/query.hpp"
#include "pg/visibility.hpp"

namespace leadscore::pg {

// Read as their owner, as activities are, so that a score is whole for everybody who sees the entity.
void read_adjustments(int score, int entity, NullableDatum keys, Oid keys_type, Tuplestorestate *result,
                      TupleDesc columns) {
    keys = keys_visible_to_reader(score, entity, keys);
    const Parameter of[] = {{INT4OID, {Int32GetDatum(score), false}}, {INT4OID, {Int32GetDatum(entity), false}}};
    const Parameter wanted{keys_type, keys};
    as_extension_owner([&] {
        NullableDatum query = query_value("SELECT leadscore_internal.adjustments_query($1, $2)", of, 2);
        if (!query.isnull)
            run_into(TextDatumGetCString(query.value), &wanted, 1, result, columns);
    });
}

bool caller_sees(int entity, Datum key, Oid key_type) {
    const Caller *caller = current_caller();
    bool seen = false;
    auto look = [&] {
        SightMemory *memory = nullptr;
        seen = sees(entity, key, key_type, &memory, CurrentMemoryContext);
    };
    in_safe_path([&] { as_role(caller != nullptr ? caller->user : GetUserId(), SECURITY_RESTRICTED_OPERATION, look); });
    return seen;
}

bool lock_entity(int entity, Datum key, Oid key_type, bool exclusively) {
    constexpr const char *select = "SELECT l.owner, l.query FROM leadscore_internal.locking_query($1, $2) AS l";
    Oid types[] = {INT4OID, BOOLOID};
    Datum values[] = {Int32GetDatum(entity), BoolGetDatum(exclusively)};
    bool locked = false;
    SPI_connect();
    if (SPI_execute_with_args(select, 2, types, values, nullptr, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
        elog(ERROR, "reading what is set up failed");
    bool is_null = false;
    const Oid owner = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
    const char *query = TextDatumGetCString(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &is_null));
    // The key and the filter are the user's expressions.
    as_table_owner(owner, [&] {
        if (SPI_execute_with_args(query, 1, &key_type, &key, nullptr, false, 1) != SPI_OK_SELECT)
            elog(ERROR, "locking the row of an entity failed");
        locked = SPI_processed == 1;
    });
    SPI_finish();
    return locked;
}

} // namespace leadscore::pg
