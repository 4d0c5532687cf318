#include "pg/guard.hpp"
#include "pg/row_reader.hpp"

using namespace leadscore::pg;

// facts(component, keys anyarray, from_time, to_time) → SETOF record (key, occurred_at, points, activities)
LEADSCORE_FUNCTION(facts) {
    auto argument = [&](int number) { return NullableDatum{PG_GETARG_DATUM(number), PG_ARGISNULL(number)}; };
    if (PG_ARGISNULL(0))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the component must not be null")));
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    read_facts(PG_GETARG_INT32(0), argument(1), get_fn_expr_argtype(fcinfo->flinfo, 1), argument(2), argument(3),
               result->setResult, result->setDesc);
    return static_cast<Datum>(0);
}
