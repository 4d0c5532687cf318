#include "pg/writing/adjustments.hpp"

#include "pg/backend/caller.hpp"
#include "pg/backend/kept_plan.hpp"
#include "pg/backend/owner.hpp"
#include "pg/reading/visibility.hpp"

namespace leadscore::pg {

// Read as their owner, as activities are, so that a score is whole for everybody who sees the entity.
void read_adjustments(int score, int entity, NullableDatum keys, Oid keys_type, Tuplestorestate *result,
                      TupleDesc columns) {
    keys = keys_visible_to_reader(score, entity, keys);
    const Parameter of[] = {int4_parameter(score), int4_parameter(entity)};
    const Parameter wanted{keys_type, keys};
    as_extension_owner([&] {
        NullableDatum query = kept_query_value("SELECT leadscore_internal.adjustments_query($1, $2)", of, 2);
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
    const Parameter parameters[] = {int4_parameter(entity), bool_parameter(exclusively)};
    Oid owner = InvalidOid;
    const char *query = nullptr;
    kept_query_row(select, parameters, 2, [&](const ResultRow &row) {
        owner = row.oid(1);
        query = row.string(2);
    });
    bool locked = false;
    // The key and the filter are the user's expressions.
    as_table_owner(owner, [&] {
        SPI_connect();
        if (SPI_execute_with_args(query, 1, &key_type, &key, nullptr, false, 1) != SPI_OK_SELECT)
            elog(ERROR, "locking the row of an entity failed");
        locked = SPI_processed == 1;
        SPI_finish();
    });
    return locked;
}

} // namespace leadscore::pg
