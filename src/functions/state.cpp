// What is stored of states, see core/state.hpp, and the ranks by which the hottest are found, see core/rank.hpp.

#include <array>
#include <cmath>

#include "core/rank.hpp"
#include "core/state.hpp"
#include "pg/backend/time_datum.hpp"
#include "pg/backend/type_datum.hpp"
#include "pg/states/stored_state.hpp"

using namespace leadscore;
using namespace leadscore::pg;

namespace {

// Which argument each part of a state is, in their order; -1: it is not handed over.
using Places = std::array<int, state_part_count>;
constexpr Places amount_places{0, 1, -1, 2, 3, 4, -1, -1, -1};
constexpr Places ranked_places{1, 2, 6, 3, 4, 5, 7, -1, 8};

core::State state_arguments(FunctionCallInfo fcinfo, const Places &places) {
    return state_from([&](StatePart part) {
        const int place = places[place_of(part)];
        return place < 0 ? NullableDatum{0, true} : fcinfo->args[place];
    });
}

bool has_amounts(FunctionCallInfo fcinfo, const Places &places) {
    return !PG_ARGISNULL(places[place_of(StatePart::points)]) && !PG_ARGISNULL(places[place_of(StatePart::activities)]);
}

Datum stored_amount(FunctionCallInfo fcinfo, double core::State::*amount) {
    if (!has_amounts(fcinfo, amount_places))
        PG_RETURN_NULL();
    const double stored = core::shortened(state_arguments(fcinfo, amount_places)).*amount;
    if (std::isnan(stored))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(stored);
}

} // namespace

// stored_magnitude(points, held, magnitude, error, activities) → NULL where a state need not store it; so does
// stored_error
LEADSCORE_FUNCTION(stored_magnitude) { return stored_amount(fcinfo, &core::State::magnitude); }

LEADSCORE_FUNCTION(stored_error) { return stored_amount(fcinfo, &core::State::error); }

// state_error(points, held, magnitude, error, activities) → what rounding may have added to a stored state
LEADSCORE_FUNCTION(state_error) {
    if (!has_amounts(fcinfo, amount_places))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(core::error_when_read(state_arguments(fcinfo, amount_places)));
}

// state_rank(decay, points, held, magnitude, error, activities, falling, reference, next_change_at, least_rank) → the
// rank; NULL for what is never above 0, and for a rank below the least one
LEADSCORE_FUNCTION(state_rank) {
    if (PG_ARGISNULL(0) || !has_amounts(fcinfo, ranked_places) || PG_ARGISNULL(7) || PG_ARGISNULL(9))
        PG_RETURN_NULL();
    const core::State state = state_arguments(fcinfo, ranked_places);
    const int32 least_rank = PG_GETARG_INT32(9);
    int32 rank = 0;
    const bool ranked = guarded([&] {
        const auto found = core::rank_of(decay_of(PG_GETARG_DATUM(0)), state);
        rank = found.value_or(0);
        return found.has_value() && rank >= least_rank;
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
