// The pieces of decays that states are sums of; see core/piece.hpp. They take the points along, because SQL's own
// product of two numbers is an error where it is too small to be told from 0.

#include <cmath>

#include "core/settled.hpp"
#include "pg/backend/time_datum.hpp"
#include "pg/backend/type_datum.hpp"
#include "pg/states/stored_state.hpp"

using namespace leadscore;
using namespace leadscore::pg;

namespace {

// An activity's piece, for arguments (decay, points, occurred_at, instant); what is planned for the future weighs
// nothing.
core::Piece piece_of(FunctionCallInfo fcinfo) {
    const core::Ticks age =
        instant_of(PG_GETARG_TIMESTAMPTZ(3), "instant") - instant_of(PG_GETARG_TIMESTAMPTZ(2), "occurred_at");
    return age < 0 ? core::Piece{} : core::piece_at(decay_of(PG_GETARG_DATUM(0)), age);
}

} // namespace

LEADSCORE_FUNCTION(fading_part) {
    return guarded([&] { return Float8GetDatum(PG_GETARG_FLOAT8(1) * piece_of(fcinfo).fading); });
}

LEADSCORE_FUNCTION(held_part) {
    return guarded([&] { return Float8GetDatum(PG_GETARG_FLOAT8(1) * piece_of(fcinfo).held); });
}

LEADSCORE_FUNCTION(falling_part) {
    return guarded([&] { return Float8GetDatum(PG_GETARG_FLOAT8(1) * piece_of(fcinfo).falling); });
}

LEADSCORE_FUNCTION(contribution) {
    return guarded([&] {
        const core::Ticks age =
            instant_of(PG_GETARG_TIMESTAMPTZ(3), "instant") - instant_of(PG_GETARG_TIMESTAMPTZ(2), "occurred_at");
        return Float8GetDatum(PG_GETARG_FLOAT8(1) * core::DecayView(decay_bytes(PG_GETARG_DATUM(0))).weight(age));
    });
}

// delayed(decay, span) → the decay that begins later
LEADSCORE_FUNCTION(delayed) {
    return guarded([&] {
        return datum_of(core::delayed(decay_of(PG_GETARG_DATUM(0)), span_of(PG_GETARG_INTERVAL_P(1), "span")));
    });
}

// next_change(decay, occurred_at, instant) → the first instant at which the activity is on another piece; NULL for
// never.
LEADSCORE_FUNCTION(next_change) {
    const core::Ticks change = guarded([&] {
        return core::next_change(decay_of(PG_GETARG_DATUM(0)), instant_of(PG_GETARG_TIMESTAMPTZ(1), "occurred_at"),
                                 instant_of(PG_GETARG_TIMESTAMPTZ(2), "instant"));
    });
    if (!IS_VALID_TIMESTAMP(change))
        PG_RETURN_NULL();
    PG_RETURN_TIMESTAMPTZ(change);
}

// state_points(decay, points, held, falling, reference, instant) → the sum at the instant; NULL before the reference,
// of which a state says nothing.
LEADSCORE_FUNCTION(state_points) {
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(4) || PG_ARGISNULL(5))
        PG_RETURN_NULL();
    auto optional = [&](int number) { return PG_ARGISNULL(number) ? 0.0 : PG_GETARG_FLOAT8(number); };
    const core::Ticks ticks = guarded([&] {
        return instant_of(PG_GETARG_TIMESTAMPTZ(5), "instant") - instant_of(PG_GETARG_TIMESTAMPTZ(4), "reference");
    });
    if (ticks < 0)
        PG_RETURN_NULL();
    return guarded([&] {
        const double sum =
            core::sum_after(decay_of(PG_GETARG_DATUM(0)), PG_GETARG_FLOAT8(1), optional(2), optional(3), ticks);
        return Float8GetDatum(std::fabs(sum) < core::vanishing ? 0.0 : sum);
    });
}

// settled_points(untrusted, decay, points, held, falling, magnitude, error, activities, reference, last_activity_at,
// next_change_at, pending_points, pending_magnitude, pending_traffic, removed_at, instant) → the sum at the instant;
// NULL where the rows must be asked.
LEADSCORE_FUNCTION(settled_points) {
    if ((!PG_ARGISNULL(0) && PG_GETARG_BOOL(0)) || PG_ARGISNULL(1) || PG_ARGISNULL(15))
        PG_RETURN_NULL();
    constexpr int first_of_state = 2;
    auto number = [&](int place) { return PG_ARGISNULL(place) ? 0.0 : PG_GETARG_FLOAT8(place); };
    const core::Unfolded changes{number(11), number(12), number(13),
                                 PG_ARGISNULL(14) ? core::no_instant : core::Ticks{PG_GETARG_TIMESTAMPTZ(14)}};
    const auto points = guarded([&] {
        const core::State state =
            state_from([&](StatePart part) { return fcinfo->args[first_of_state + place_of(part)]; });
        return core::settled_points(core::DecayView(decay_bytes(PG_GETARG_DATUM(1))), state, changes,
                                    PG_GETARG_TIMESTAMPTZ(15));
    });
    if (!points.has_value())
        PG_RETURN_NULL();
    if (std::isinf(*points))
        float_overflow_error();
    PG_RETURN_FLOAT8(*points);
}

// occurrences_of_changes(decay, since, until) → SETOF (from_time, to_time), NULL for without bound
LEADSCORE_FUNCTION(occurrences_of_changes) {
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    return guarded([&] {
        const auto periods =
            core::occurrences_of_changes(decay_of(PG_GETARG_DATUM(0)), instant_of(PG_GETARG_TIMESTAMPTZ(1), "since"),
                                         instant_of(PG_GETARG_TIMESTAMPTZ(2), "until"));
        for (const core::Period &period : periods) {
            // Nothing occurred before the calendar.
            if (period.to < core::first_instant)
                continue;
            const NullableDatum from = timestamp_of(period.from);
            const NullableDatum to = timestamp_of(period.to);
            Datum values[] = {from.value, to.value};
            bool nulls[] = {from.isnull, to.isnull};
            unwinding([&] { tuplestore_putvalues(result->setResult, result->setDesc, values, nulls); });
        }
        return static_cast<Datum>(0);
    });
}
