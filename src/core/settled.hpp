#pragma once

// Reading: what a state, together with changes that are not in it yet, says of an instant.

#include <optional>

#include "core/state.hpp"

namespace leadscore::core {

// What came and went since the state was made, as it weighs at the instant.
struct Unfolded {
    double points = 0;
    double magnitude = 0;          // the sum of the absolute points: what came less what went
    double traffic = 0;            // the same, added up for both
    Ticks removed_at = no_instant; // when the latest occurred of what went
};

// The points at an instant. Nothing where the rows must be asked: one of the activities has passed a boundary; the
// instant is before the state's; the last activity went; so much went that what rounding may have added could show in
// what is left.
std::optional<double> settled_points(const DecayView &decay, const State &state, const Unfolded &changes,
                                     Ticks instant);

} // namespace leadscore::core
