#pragma once

#include <array>
#include <cmath>

#include "core/state.hpp"
#include "pg/backend/time_datum.hpp"

namespace leadscore::pg {

// What a state consists of where it is stored or handed over: columns of these names.
enum class StatePart {
    points,
    held,
    falling,
    magnitude,
    error,
    activities,
    reference,
    last_activity_at,
    next_change_at
};

inline constexpr int state_part_count = static_cast<int>(StatePart::next_change_at) + 1;

inline constexpr int place_of(StatePart part) { return static_cast<int>(part); }

// A value for each part of a state, in their order; null for what need not be said.
using StateValues = std::array<NullableDatum, state_part_count>;

// The state whose parts value_of(part) gives.
template <typename ValueOf> core::State state_from(ValueOf value_of) {
    auto number = [&](StatePart part, double missing) {
        const NullableDatum value = value_of(part);
        return value.isnull ? missing : DatumGetFloat8(value.value);
    };
    auto instant = [&](StatePart part, core::Ticks missing) {
        const NullableDatum value = value_of(part);
        return value.isnull ? missing : core::Ticks{DatumGetTimestampTz(value.value)};
    };
    const NullableDatum activities = value_of(StatePart::activities);
    core::State state;
    state.points = number(StatePart::points, 0);
    state.held = number(StatePart::held, 0);
    state.falling = number(StatePart::falling, 0);
    state.magnitude = number(StatePart::magnitude, core::unsaid);
    state.error = number(StatePart::error, core::unsaid);
    state.activities = activities.isnull ? 0 : DatumGetInt64(activities.value);
    state.reference = instant(StatePart::reference, core::no_instant);
    state.last_activity_at = instant(StatePart::last_activity_at, core::no_instant);
    state.next_change_at = instant(StatePart::next_change_at, core::endless);
    return core::completed(state);
}

// The other way round, for a state as it is or shortened().
inline StateValues values_of(const core::State &state) {
    auto number = [](double value, bool is_said) { return NullableDatum{Float8GetDatum(value), !is_said}; };
    return {number(state.points, true),
            number(state.held, state.held != 0),
            number(state.falling, state.falling != 0),
            number(state.magnitude, !std::isnan(state.magnitude)),
            number(state.error, !std::isnan(state.error)),
            NullableDatum{Int64GetDatum(state.activities), false},
            timestamp_of(state.reference),
            timestamp_of(state.last_activity_at),
            timestamp_of(state.next_change_at)};
}

} // namespace leadscore::pg
