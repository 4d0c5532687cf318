#pragma once

// What is kept of the activities of one entity: their sum as a function of time, which a row of fixed size can hold,
// and what became of it through the changes that came since.

#include <limits>
#include <span>

#include "core/piece.hpp"

namespace leadscore::core {

// `endless` and this stand for instants that are not.
inline constexpr Ticks no_instant = INT64_MIN;

// From its reference up to next_change_at the sum is `points`, fading with the half-life if there is one, + held -
// falling per tick. Where only activities of the future can change that form, the reference is last_activity_at.
struct State {
    double points = 0;
    double magnitude = 0; // the sum of the absolute points; fades as points do
    double error = 0;     // bounds what rounding may have added; fades, too
    double held = 0;
    double falling = 0;
    std::int64_t activities = 0;
    Ticks last_activity_at = no_instant;
    Ticks reference = no_instant;
    Ticks next_change_at = endless;
};

// From when on the state says something; `no_instant` for one of nothing.
inline Ticks reference_of(const State &state) {
    return state.reference != no_instant ? state.reference : state.last_activity_at;
}

// Far below any promise, and far enough above the smallest number for SQL to calculate with.
inline constexpr double vanishing = 1e-200;
// Of a sum, what one addition and one weight can be wrong by.
inline constexpr double rounding = 1e-15;

// Most states need not store their magnitude, being that of points of one sign, nor their error, where the number of
// activities explains it: shortened() takes out what completed() puts back. The error may only become larger by it.
inline constexpr double unsaid = std::numeric_limits<double>::quiet_NaN();

State shortened(State state);
State completed(State state);

// What rounding may have added to a state by the time that it is read.
double error_when_read(const State &state);

// Activities that came (sign 1) or went (sign -1).
struct Change {
    Ticks occurred_at;
    double points;
    int sign;
    int activities;
};

struct Merged {
    State state;
    bool recompute; // the state cannot say, or rounding could show in it: the rows must be asked
};

// The state of an entity (a State of nothing, if there is none) with changes, at an instant at which it is not due. The
// changes are put into the order of their times.
Merged merge(const Decay &decay, const State &before, std::span<Change> changes, Ticks instant);

// The state of an entity that is due, brought to an instant: by the activities that came onto another piece of their
// decay since, and perhaps others; what is not in the state yet is given with the opposite sign. Each of them had a
// part in the state, which is taken out as it would be now, and the part that it has now is put in. The changes are put
// into the order of their times.
Merged correct(const Decay &decay, const State &before, std::span<Change> changes, Ticks instant);

} // namespace leadscore::core
