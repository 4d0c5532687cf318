#include "pg/backend/guard.hpp"
#include "pg/expressions/facts.hpp"
#include "pg/reading/entity_reader.hpp"
#include "pg/reading/row_reader.hpp"

using namespace leadscore::pg;

namespace {

Datum materialize_facts(FunctionCallInfo fcinfo, NullableDatum from, NullableDatum to, bool explained) {
    if (PG_ARGISNULL(0))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the component must not be null")));
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    read_facts(PG_GETARG_INT32(0), NullableDatum{PG_GETARG_DATUM(1), PG_ARGISNULL(1)},
               get_fn_expr_argtype(fcinfo->flinfo, 1), from, to, explained, result->setResult, result->setDesc);
    return static_cast<Datum>(0);
}

} // namespace

// facts(component, keys anyarray, from_time, to_time) → SETOF record (key, occurred_at, points, activities)
LEADSCORE_FUNCTION(facts) {
    return materialize_facts(fcinfo, NullableDatum{PG_GETARG_DATUM(2), PG_ARGISNULL(2)},
                             NullableDatum{PG_GETARG_DATUM(3), PG_ARGISNULL(3)}, false);
}

// explained_facts(component, keys anyarray) → SETOF record (key, occurred_at, points, rule, source, row_key,
// within_limit)
LEADSCORE_FUNCTION(explained_facts) {
    const NullableDatum none{0, true};
    return materialize_facts(fcinfo, none, none, true);
}

// earned(score, entity, keys anyarray, from_time, to_time, more_than) → SETOF record (key, points, activities,
// last_activity_at)
LEADSCORE_FUNCTION(earned) {
    auto argument = [&](int number) { return NullableDatum{PG_GETARG_DATUM(number), PG_ARGISNULL(number)}; };
    for (const int number : {0, 1, 3, 4})
        if (PG_ARGISNULL(number))
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                            errmsg("the score, the entity and the bounds must not be null")));
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    read_earned(Window{PG_GETARG_INT32(0), PG_GETARG_INT32(1), get_fn_expr_argtype(fcinfo->flinfo, 2), argument(2),
                       argument(3), argument(4), argument(5)},
                result->setResult, result->setDesc);
    return static_cast<Datum>(0);
}

// branch_facts(branch) → SETOF record (key, occurred_at, points, activities)
LEADSCORE_FUNCTION(branch_facts) {
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    read_branch_facts(PG_GETARG_INT32(0), result->setResult, result->setDesc);
    return static_cast<Datum>(0);
}

// check_points(points, rule) → true, or an error
LEADSCORE_FUNCTION(check_points) {
    check_points(PG_GETARG_FLOAT8(0), text_to_cstring(PG_GETARG_TEXT_PP(1)));
    PG_RETURN_BOOL(true);
}

// read_rows(component, key, as_of) → (points, last_activity_at, activities)
LEADSCORE_FUNCTION(read_rows) {
    FmgrInfo *function = fcinfo->flinfo;
    Reading reading = read_entity(PG_GETARG_INT32(0), PG_GETARG_DATUM(1), get_fn_expr_argtype(fcinfo->flinfo, 1),
                                  PG_GETARG_TIMESTAMPTZ(2), reinterpret_cast<ReaderMemory **>(&function->fn_extra),
                                  function->fn_mcxt);
    TupleDesc columns = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &columns) != TYPEFUNC_COMPOSITE)
        elog(ERROR, "read_rows() gives a row");
    Datum values[] = {Float8GetDatum(reading.points), TimestampTzGetDatum(reading.last_activity_at),
                      Int64GetDatum(reading.activities)};
    bool nulls[] = {false, !reading.has_activity, false};
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls));
}
