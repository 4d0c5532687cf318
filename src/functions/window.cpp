#include "pg/backend/guard.hpp"
#include "pg/reading/window.hpp"

using namespace leadscore::pg;

// in_window(model, entity, score, condition, points, within, as_of) → SETOF record (key, points, activities,
// last_activity_at)
LEADSCORE_FUNCTION(in_window) {
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    const Oid types[] = {NAMEOID, TEXTOID, TEXTOID, TEXTOID, FLOAT8OID, INTERVALOID, TIMESTAMPTZOID};
    Parameter arguments[lengthof(types)];
    for (int i = 0; i < static_cast<int>(lengthof(types)); i++)
        arguments[i] = Parameter{types[i], {PG_GETARG_DATUM(i), PG_ARGISNULL(i)}};
    read_window(arguments, result->setResult, result->setDesc);
    return static_cast<Datum>(0);
}
