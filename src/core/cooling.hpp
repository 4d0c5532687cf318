#pragma once

// When a sum of decaying points first falls to a threshold, if nothing more happens.

#include <optional>
#include <span>

#include "core/decay.hpp"

namespace leadscore::core {

struct DecayingPoints {
    double points;
    Ticks occurred_at;
    const Decay *decay;
};

// The first instant, `now` or later, at which the sum of points times weight, as it is calculated, is at or below the
// threshold; nothing if there is none in the calendar. What fades for ever never reaches what it fades to, however
// near. Points are finite, activities of the future are waited for. `interrupted` is called now and then, so that a
// long search can be ended.
std::optional<Ticks> falls_to(std::span<const DecayingPoints> all, Ticks now, double threshold,
                              void (*interrupted)() = nullptr);

} // namespace leadscore::core
