#include "core/time.hpp"
#include "pg/backend/clock.hpp"
#include "pg/backend/guard.hpp"
#include "pg/backend/kept_plan.hpp"
#include "pg/backend/owner.hpp"
#include "pg/reading/lookup.hpp"

using namespace leadscore;
using namespace leadscore::pg;

namespace {

Datum returned(FunctionCallInfo fcinfo, NullableDatum number) {
    if (number.isnull)
        PG_RETURN_NULL();
    return number.value;
}

// Of those that need no closer look.
bool is_usual(TimestampTz instant) {
    constexpr core::Ticks margin = 1000 * core::ticks_per_day;
    return instant > core::first_instant + margin && instant < core::last_instant - margin;
}

} // namespace

// look_up(query, key) → the number that the query gives for the key
LEADSCORE_FUNCTION(look_up) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    const Parameter key{get_fn_expr_argtype(fcinfo->flinfo, 1), {PG_GETARG_DATUM(1), PG_ARGISNULL(1)}};
    return returned(fcinfo, look_up(text_to_cstring(PG_GETARG_TEXT_PP(0)), key));
}

// score_at(model, entity, score, id, as_of) → the points of an entity at an instant
LEADSCORE_FUNCTION(score_at) {
    const Parameter key{get_fn_expr_argtype(fcinfo->flinfo, 3), {PG_GETARG_DATUM(3), PG_ARGISNULL(3)}};
    const bool has_names = !PG_ARGISNULL(0) && !PG_ARGISNULL(1) && !PG_ARGISNULL(2);
    if (has_names && !PG_ARGISNULL(4) && PG_GETARG_TIMESTAMPTZ(4) == reading_instant() &&
        is_usual(PG_GETARG_TIMESTAMPTZ(4)))
        return returned(fcinfo, points_now(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), key));
    const Parameter parameters[] = {{NAMEOID, {PG_GETARG_DATUM(0), PG_ARGISNULL(0)}},
                                    {TEXTOID, {PG_GETARG_DATUM(1), PG_ARGISNULL(1)}},
                                    {TEXTOID, {PG_GETARG_DATUM(2), PG_ARGISNULL(2)}},
                                    key,
                                    {TIMESTAMPTZOID, {PG_GETARG_DATUM(4), PG_ARGISNULL(4)}}};
    NullableDatum points{0, true};
    in_safe_path(
        [&] { points = kept_query_value("SELECT leadscore_internal.score_then($1, $2, $3, $4, $5)", parameters, 5); });
    return returned(fcinfo, points);
}
