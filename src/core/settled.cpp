#include <algorithm>
#include <cmath>

#include "core/settled.hpp"

namespace leadscore::core {

namespace {

// What a reader may be told of an error, as a part of the absolute points or of 1.
constexpr double most_error = 5e-10;
// Errors fade, and 1 point is the least that they are compared with: states within these need no closer look.
constexpr double harmless_error = 1e-10;
constexpr double harmless_magnitude = 1e5;

double without_dust(double sum) { return std::fabs(sum) < vanishing ? 0 : sum; }

} // namespace

std::optional<double> settled_points(const DecayView &decay, const State &state, const Unfolded &changes,
                                     Ticks instant) {
    const Ticks reference = reference_of(state);
    if (state.next_change_at <= instant || reference > instant)
        return std::nullopt;
    if (changes.removed_at != no_instant && changes.removed_at >= state.last_activity_at)
        return std::nullopt;
    const bool has_state = reference != no_instant;
    if (has_state)
        checked_instant(instant, "instant");
    const Ticks half_life = decay.half_life_ticks();
    auto faded = [&](double sum) {
        return has_state ? without_dust(sum_after(half_life, sum, 0, 0, instant - reference)) : 0;
    };
    if (state.error > harmless_error || state.magnitude > harmless_magnitude || changes.traffic > harmless_magnitude) {
        const double error =
            faded(state.error + rounding * state.magnitude) + rounding * std::max(changes.traffic, vanishing);
        // A linear sum may have fallen to little of its magnitude: it is judged as if nothing were left.
        const double magnitude = decay.kind() == DecayKind::linear ? 0 : faded(state.magnitude) + changes.magnitude;
        if (error > most_error * std::max(1.0, magnitude))
            return std::nullopt;
    }
    const double kept =
        has_state ? without_dust(sum_after(half_life, state.points, state.held, state.falling, instant - reference))
                  : 0;
    return kept + changes.points;
}

} // namespace leadscore::core
