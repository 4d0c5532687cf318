#include "pg/backend/guard.hpp"
#include "pg/reading/visibility.hpp"

using namespace leadscore::pg;

// sees(entity, key) → boolean
LEADSCORE_FUNCTION(sees) {
    FmgrInfo *function = fcinfo->flinfo;
    PG_RETURN_BOOL(sees(PG_GETARG_INT32(0), PG_GETARG_DATUM(1), get_fn_expr_argtype(function, 1),
                        reinterpret_cast<SightMemory **>(&function->fn_extra), function->fn_mcxt));
}

// members(membership, parents anyarray) → SETOF record (key, parent)
LEADSCORE_FUNCTION(members) {
    if (PG_ARGISNULL(0))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the roll-up must not be null")));
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    read_members(PG_GETARG_INT32(0), NullableDatum{PG_GETARG_DATUM(1), PG_ARGISNULL(1)}, result->setResult,
                 result->setDesc);
    return static_cast<Datum>(0);
}
