#include "pg/backend/guard.hpp"
#include "pg/states/correction.hpp"
#include "pg/states/fold.hpp"

using namespace leadscore::pg;

// fold_deltas(component, at_most) → bigint
LEADSCORE_FUNCTION(fold_deltas) {
    if (PG_ARGISNULL(0))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the component must not be null")));
    PG_RETURN_INT64(fold_deltas(PG_GETARG_INT32(0), NullableDatum{PG_GETARG_DATUM(1), PG_ARGISNULL(1)}));
}

// correct_due(component) → bigint
LEADSCORE_FUNCTION(correct_due) { PG_RETURN_INT64(correct_due(PG_GETARG_INT32(0))); }

// corrected_states(component, keys anyarray, instant) → SETOF record
LEADSCORE_FUNCTION(corrected_states) {
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    read_corrected(PG_GETARG_INT32(0), PG_GETARG_DATUM(1), get_fn_expr_argtype(fcinfo->flinfo, 1),
                   PG_GETARG_TIMESTAMPTZ(2), result->setResult, result->setDesc);
    return static_cast<Datum>(0);
}
