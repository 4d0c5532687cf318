#include "pg/backend/caller.hpp"
#include "pg/backend/guard.hpp"
#include "pg/writing/adjustments.hpp"

using namespace leadscore::pg;

// granted(…): what changes own data for an entity. Anybody may call it; the implementation refuses those who may not
// execute the function of the entity.
LEADSCORE_FUNCTION(granted) { return call_implementation(fcinfo, namespace_search_path); }

// adjustments(score, entity, keys anyarray) → SETOF record (key, occurred_at, points, row_key)
LEADSCORE_FUNCTION(adjustments) {
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the score and the entity must not be null")));
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    read_adjustments(PG_GETARG_INT32(0), PG_GETARG_INT32(1), NullableDatum{PG_GETARG_DATUM(2), PG_ARGISNULL(2)},
                     get_fn_expr_argtype(fcinfo->flinfo, 2), result->setResult, result->setDesc);
    return static_cast<Datum>(0);
}

// caller_sees(entity, key) → boolean
LEADSCORE_FUNCTION(caller_sees) {
    PG_RETURN_BOOL(caller_sees(PG_GETARG_INT32(0), PG_GETARG_DATUM(1), get_fn_expr_argtype(fcinfo->flinfo, 1)));
}

// lock_entity(entity, key, exclusively) → boolean
LEADSCORE_FUNCTION(lock_entity) {
    PG_RETURN_BOOL(
        lock_entity(PG_GETARG_INT32(0), PG_GETARG_DATUM(1), get_fn_expr_argtype(fcinfo->flinfo, 1), PG_GETARG_BOOL(2)));
}
