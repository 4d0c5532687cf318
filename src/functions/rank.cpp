// Ranks of states, by which the hottest are found; see core/rank.hpp.

#include "core/rank.hpp"
#include "pg/time_datum.hpp"
#include "pg/type_datum.hpp"

using namespace leadscore;
using namespace leadscore::pg;

// state_rank(decay, points, magnitude, error, held, falling, reference, next_change_at, least) → the rank; NULL for
// what is never above 0, and for a rank below the least
LEADSCORE_FUNCTION(state_rank) {
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(6) || PG_ARGISNULL(8))
        PG_RETURN_NULL();
    auto optional = [&](int number) { return PG_ARGISNULL(number) ? 0.0 : PG_GETARG_FLOAT8(number); };
    core::State state;
    state.points = PG_GETARG_FLOAT8(1);
    state.magnitude = optional(2);
    state.error = optional(3);
    state.held = optional(4);
    state.falling = optional(5);
    state.reference = PG_GETARG_TIMESTAMPTZ(6);
    state.next_change_at = PG_ARGISNULL(7) ? core::endless : PG_GETARG_TIMESTAMPTZ(7);
    const int32 least = PG_GETARG_INT32(8);
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

// rank_bound(decay, rank, instant) → what the points of states of the rank are below at the instant
LEADSCORE_FUNCTION(rank_bound) {
    return guarded([&] {
        return Float8GetDatum(core::bound_of_rank(decay_of(PG_GETARG_DATUM(0)), PG_GETARG_INT32(1),
                                                  instant_of(PG_GETARG_TIMESTAMPTZ(2), "instant")));
    });
}
