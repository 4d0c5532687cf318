#include "pg/backend/guard.hpp"
#include "pg/reading/hottest.hpp"

using namespace leadscore::pg;

// hottest(model, entity, score, n) → SETOF record (rank, key, points)
LEADSCORE_FUNCTION(hottest) {
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    auto argument = [&](int number) { return NullableDatum{PG_GETARG_DATUM(number), PG_ARGISNULL(number)}; };
    read_hottest(RankedScore{argument(0), argument(1), argument(2), argument(3)}, result->setResult, result->setDesc);
    return static_cast<Datum>(0);
}

// earners(score, entity, since, as_of, more_than, keys anyarray) → an array of keys, or NULL for everybody
LEADSCORE_FUNCTION(earners) {
    Parameter parameters[5];
    const Oid types[] = {INT4OID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, FLOAT8OID};
    for (int i = 0; i < 5; i++)
        parameters[i] = Parameter{types[i], {PG_GETARG_DATUM(i), PG_ARGISNULL(i)}};
    const NullableDatum keys = find_earners(parameters, get_fn_expr_argtype(fcinfo->flinfo, 5));
    if (keys.isnull)
        PG_RETURN_NULL();
    return keys.value;
}
