#pragma once

// The largest total of points in any closed interval of a length.

#include <optional>
#include <span>

#include "core/time.hpp"

namespace leadscore::core {

struct Activity {
    Ticks occurred_at;
    double points;
};

// Over all closed real intervals of this length that hold at least one activity. The activities stand in the order of
// their times, the points are finite. `interrupted` is called now and then, so that a long search can be ended.
// Nothing where there are no activities.
std::optional<double> peak_points(std::span<const Activity> activities, Ticks length, void (*interrupted)() = nullptr);

} // namespace leadscore::core
