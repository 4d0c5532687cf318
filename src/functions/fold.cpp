#include "pg/fold.hpp"
#include "pg/guard.hpp"

using namespace leadscore::pg;

// fold_deltas(component, at_most) → bigint
LEADSCORE_FUNCTION(fold_deltas) {
    if (PG_ARGISNULL(0))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the component must not be null")));
    PG_RETURN_INT64(fold_deltas(PG_GETARG_INT32(0), NullableDatum{PG_GETARG_DATUM(1), PG_ARGISNULL(1)}));
}
