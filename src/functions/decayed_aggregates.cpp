// decayed_sum, decayed_count and decayed_avg: transition, inverse, combine and final functions. They keep nothing
// between calls but the state, so that they also work where each row comes with a new FmgrInfo.

#include <cmath>

#include "core/accumulators.hpp"
#include "pg/backend/aggregate_state.hpp"
#include "pg/backend/time_datum.hpp"
#include "pg/backend/type_datum.hpp"

using namespace leadscore;
using namespace leadscore::pg;
using core::AverageState;
using core::SumState;

namespace {

[[gnu::always_inline]] inline bool any_null(FunctionCallInfo fcinfo, int first, int last) {
    bool null = false;
    for (int number = first; number <= last; ++number)
        null |= PG_ARGISNULL(number);
    return null;
}

// The weight from three arguments in a row: occurred_at, decay, as_of.
[[gnu::always_inline]] inline double weight_argument(FunctionCallInfo fcinfo, int first) {
    const core::DecayView decay(decay_bytes(PG_GETARG_DATUM(first + 1)));
    const core::Ticks occurred_at = instant_of(PG_GETARG_TIMESTAMPTZ(first), "occurred_at");
    const core::Ticks as_of = instant_of(PG_GETARG_TIMESTAMPTZ(first + 2), "as_of");
    return decay.weight(as_of - occurred_at);
}

// Infinite points are refused also where they weigh nothing.
inline double finite_points(float8 points) {
    if (std::isinf(points)) [[unlikely]]
        throw core::Error(core::ErrorKind::out_of_range, "points must be finite");
    return points;
}

[[gnu::always_inline]] inline double contribution_argument(FunctionCallInfo fcinfo) {
    return finite_points(PG_GETARG_FLOAT8(1)) * weight_argument(fcinfo, 2);
}

} // namespace

LEADSCORE_FUNCTION(decayed_sum_add) {
    return guarded([&] {
        auto *state = state_to_change<SumState>(fcinfo);
        if (!any_null(fcinfo, 1, 4))
            state->add(contribution_argument(fcinfo));
        return PointerGetDatum(state);
    });
}

// NULL makes PostgreSQL add the frame up again.
LEADSCORE_FUNCTION(decayed_sum_remove) {
    const auto state = guarded([&]() -> SumState * {
        auto *changed = state_to_change<SumState>(fcinfo);
        if (!any_null(fcinfo, 1, 4) && !changed->remove(contribution_argument(fcinfo)))
            return nullptr;
        return changed;
    });
    if (state == nullptr)
        PG_RETURN_NULL();
    PG_RETURN_POINTER(state);
}

LEADSCORE_FUNCTION(decayed_count_add) {
    return guarded([&] {
        auto *state = state_to_change<SumState>(fcinfo);
        if (!any_null(fcinfo, 1, 3))
            state->add(weight_argument(fcinfo, 1));
        return PointerGetDatum(state);
    });
}

LEADSCORE_FUNCTION(decayed_count_remove) {
    const auto state = guarded([&]() -> SumState * {
        auto *changed = state_to_change<SumState>(fcinfo);
        if (!any_null(fcinfo, 1, 3) && !changed->remove(weight_argument(fcinfo, 1)))
            return nullptr;
        return changed;
    });
    if (state == nullptr)
        PG_RETURN_NULL();
    PG_RETURN_POINTER(state);
}

LEADSCORE_FUNCTION(decayed_sum_combine) {
    return guarded([&] {
        auto *state = state_to_change<SumState>(fcinfo);
        state->add(*state_argument<SumState>(fcinfo, 1));
        return PointerGetDatum(state);
    });
}

LEADSCORE_FUNCTION(decayed_sum_final) {
    const auto *state = state_argument<SumState>(fcinfo, 0);
    if (state->rows == 0)
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(state->value());
}

LEADSCORE_FUNCTION(decayed_avg_add) {
    return guarded([&] {
        auto *state = state_to_change<AverageState>(fcinfo);
        if (!any_null(fcinfo, 1, 4))
            state->add(finite_points(PG_GETARG_FLOAT8(1)), weight_argument(fcinfo, 2));
        return PointerGetDatum(state);
    });
}

LEADSCORE_FUNCTION(decayed_avg_remove) {
    const auto state = guarded([&]() -> AverageState * {
        auto *changed = state_to_change<AverageState>(fcinfo);
        if (!any_null(fcinfo, 1, 4) && !changed->remove(PG_GETARG_FLOAT8(1), weight_argument(fcinfo, 2)))
            return nullptr;
        return changed;
    });
    if (state == nullptr)
        PG_RETURN_NULL();
    PG_RETURN_POINTER(state);
}

LEADSCORE_FUNCTION(decayed_avg_combine) {
    return guarded([&] {
        auto *state = state_to_change<AverageState>(fcinfo);
        state->add(*state_argument<AverageState>(fcinfo, 1));
        return PointerGetDatum(state);
    });
}

LEADSCORE_FUNCTION(decayed_avg_final) {
    const auto value = state_argument<AverageState>(fcinfo, 0)->value();
    if (!value)
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(*value);
}
