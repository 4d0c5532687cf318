#include "pg/guard.hpp"
#include "pg/hottest.hpp"

using namespace leadscore::pg;

// hottest(model, entity, score, n) → SETOF record (rank, key, points)
LEADSCORE_FUNCTION(hottest) {
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    auto argument = [&](int number) { return NullableDatum{PG_GETARG_DATUM(number), PG_ARGISNULL(number)}; };
    read_hottest(RankedScore{argument(0), argument(1), argument(2), argument(3)}, result->setResult, result->setDesc);
    return static_cast<Datum>(0);
}
