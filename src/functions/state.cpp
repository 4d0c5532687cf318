// What is stored of states, see core/state.hpp, and the ranks by which the hottest are found, see core/rank.hpp.

#include <cmath>

#include "core/rank.hpp"
#include "core/state.hpp"
#include "pg/time_datum.hpp"
#include "pg/type_datum.hpp"

using namespace leadscore;
using namespace leadscore::pg;

namespace {

// From five arguments: points, held, magnitude, error, activities.
core::State stored_amounts(FunctionCallInfo fcinfo, int first) {
    auto number_or = [&](int number, double none) { return PG_ARGISNULL(number) ? none : PG_GETARG_FLOAT8(number); };
    core::State state;
    state.points = PG_GETARG_FLOAT8(first);
    state.held = number_or(first + 1, 0);
    state.magnitude = number_or(first + 2, core::unsaid);
    state.error = number_or(first + 3, core::unsaid);
    state.activities = PG_GETARG_INT64(first + 4);
    return core::completed(state);
}

bool has_amounts(FunctionCallInfo fcinfo, int first) { return !PG_ARGISNULL(first) && !PG_ARGISNULL(first + 4); }

} // namespace

// stored_magnitude(points, held, magnitude, error, activities) → NULL where a state need not store it; so does
// stored_error
LEADSCORE_FUNCTION(stored_magnitude) {
    if (!has_amounts(fcinfo, 0))
        PG_RETURN_NULL();
    const double magnitude = core::shortened(stored_amounts(fcinfo, 0)).magnitude;
    if (std::isnan(magnitude))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(magnitude);
}

LEADSCORE_FUNCTION(stored_error) {
    if (!has_amounts(fcinfo, 0))
        PG_RETURN_NULL();
    const double error = core::shortened(stored_amounts(fcinfo, 0)).error;
    if (std::isnan(error))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(error);
}

// state_error(points, held, magnitude, error, activities) → what rounding may have added to a stored state
LEADSCORE_FUNCTION(state_error) {
    if (!has_amounts(fcinfo, 0))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(core::error_when_read(stored_amounts(fcinfo, 0)));
}

// state_rank(decay, points, held, magnitude, error, activities, falling, reference, next_change_at, least) → the rank;
// NULL for what is never above 0, and for a rank below the least
LEADSCORE_FUNCTION(state_rank) {
    if (PG_ARGISNULL(0) || !has_amounts(fcinfo, 1) || PG_ARGISNULL(7) || PG_ARGISNULL(9))
        PG_RETURN_NULL();
    core::State state = stored_amounts(fcinfo, 1);
    state.falling = PG_ARGISNULL(6) ? 0 : PG_GETARG_FLOAT8(6);
    state.reference = PG_GETARG_TIMESTAMPTZ(7);
    state.next_change_at = PG_ARGISNULL(8) ? core::endless : PG_GETARG_TIMESTAMPTZ(8);
    const int32 least = PG_GETARG_INT32(9);
    int32 rank = 0;
    const bool ranked = guarded([&] {
        const auto found = core::rank_of(decay_of(PG_GETARG_DATUM(0)), state);
        rank = found.value_or(0);
        return found.has_value() && rank >= least;
    });
    if (!ranked)
        PG_RETURN_NULL();
    PG_RETURN_INT32(rank);
}

// rank_above(points) → the least rank of sums that do not fade and are more
LEADSCORE_FUNCTION(rank_above) { PG_RETURN_INT32(core::rank_above(PG_GETARG_FLOAT8(0))); }

// rank_bound(decay, rank, instant) → what the points of states of the rank are below at the instant
LEADSCORE_FUNCTION(rank_bound) {
    return guarded([&] {
        return Float8GetDatum(core::bound_of_rank(decay_of(PG_GETARG_DATUM(0)), PG_GETARG_INT32(1),
                                                  instant_of(PG_GETARG_TIMESTAMPTZ(2), "instant")));
    });
}
