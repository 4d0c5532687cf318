#pragma once

// The piece of a decay's curve that an activity is on. Until its age passes the end of the piece, its weight is a
// simple function of time, and so is the sum over any number of activities: what is kept of a score is that sum, and
// the first instant at which one of them leaves its piece.

#include <vector>

#include "core/decay.hpp"

namespace leadscore::core {

struct Piece {
    double fading = 0;  // the part that halves with the decay's half-life, or stays where it has none
    double held = 0;    // the part of an exponential decay that does not fade yet
    double falling = 0; // by how much it falls in a tick
    Ticks until = 0;    // the last age of the piece; `endless` if it does not end
};

inline constexpr Ticks endless = INT64_MAX;

// The piece at an age of 0 or more; its weight there is fading + held.
Piece piece_at(const Decay &decay, Ticks age);

// A sum of pieces, some ticks later, while all of them last; a half-life of 0 is none.
double sum_after(Ticks half_life, double fading, double held, double falling, Ticks ticks);
inline double sum_after(const Decay &decay, double fading, double held, double falling, Ticks ticks) {
    return sum_after(decay.half_life_ticks(), fading, held, falling, ticks);
}

// The first instant after which the weight of an activity is another function of time than at the instant given;
// `endless` for never.
Ticks next_change(const Decay &decay, Ticks occurred_at, Ticks instant);

// From one instant to another, both included; `endless` for no end.
struct Period {
    Ticks from;
    Ticks to;
};

// When those activities occurred that come onto another piece from `since` to `until`, or a little later: periods that
// do not meet, in their order. They may hold other activities as well.
std::vector<Period> occurrences_of_changes(const Decay &decay, Ticks since, Ticks until);

// Until when nothing can change but what occurrences_of_changes(…, until) has shown, for activities of which the last
// occurred at `last`; `endless` where nothing will.
Ticks next_look(const Decay &decay, Ticks last, Ticks until);

} // namespace leadscore::core
