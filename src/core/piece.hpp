#pragma once

// The piece of a decay's curve that an activity is on. Until its age passes the end of the piece, its weight is a
// simple function of time, and so is the sum over any number of activities: what is kept of a score is that sum, and
// the first instant at which one of them leaves its piece.

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

// A sum of pieces, some ticks later, while all of them last.
double sum_after(const Decay &decay, double fading, double held, double falling, Ticks ticks);

} // namespace leadscore::core
