#pragma once

// When a sum of decaying points, or of such sums between limits, first falls to a threshold, if nothing more happens.

#include <cstddef>
#include <limits>
#include <optional>
#include <span>

#include "core/decay.hpp"

namespace leadscore::core {

struct DecayingPoints {
    double points;
    Ticks occurred_at;
    const Decay *decay;
    std::size_t sum = 0; // to which it is added
};

// A sum of points and of other sums, brought between limits before it is added to the one that it is a part of.
struct ClampedSum {
    std::size_t part_of = 0;
    double least = -std::numeric_limits<double>::infinity();
    double most = std::numeric_limits<double>::infinity();
};

// The first instant, `now` or later, at which the sum of points times weight, as it is calculated, is at or below the
// threshold; nothing if there is none in the calendar. What fades for ever never reaches what it fades to, however
// near. Points are finite, activities of the future are waited for. `sums`: the first is the whole, the others stand
// behind those that they are parts of; none for a plain sum. `interrupted` is called now and then, so that a long
// search can be ended.
std::optional<Ticks> falls_to(std::span<const DecayingPoints> all, Ticks now, double threshold,
                              std::span<const ClampedSum> sums = {}, void (*interrupted)() = nullptr);

} // namespace leadscore::core
