#include <algorithm>
#include <cmath>
#include <vector>

#include "core/exact_sum.hpp"
#include "core/peak.hpp"

namespace leadscore::core {

namespace {

// The total of a queue without subtracting: each activity is added to the total of those behind it when it moves to
// the front half. So one huge activity leaves no error behind it.
class TotalOfQueue {
public:
    explicit TotalOfQueue(std::span<const Activity> activities) : activities_(activities) {}

    void push() { back_.add(activities_[end_++].points); }

    void pop() {
        if (front_.empty())
            turn_over();
        front_.pop_back();
        ++begin_;
    }

    bool empty() const { return begin_ == end_; }

    double total() const {
        ExactSum total = back_;
        if (!front_.empty())
            total.add(front_.back());
        return total.value();
    }

private:
    void turn_over() {
        ExactSum total;
        for (std::size_t index = end_; index-- > begin_;) {
            total.add(activities_[index].points);
            front_.push_back(total);
        }
        back_ = {};
    }

    std::span<const Activity> activities_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::vector<ExactSum> front_; // totals from an activity to the last of the front half, the first on top
    ExactSum back_;
};

} // namespace

std::optional<double> peak_points(std::span<const Activity> activities, Ticks length, void (*interrupted)()) {
    // Let the interval [begin, begin + length] slide from left to right. What it holds changes only where its end
    // reaches an activity, and just behind where its begin has left one: between two such places there are intervals
    // too, so every change is looked at, except that all that enter or leave at one place do so together.
    TotalOfQueue inside(activities);
    std::optional<double> peak;
    std::size_t enters = 0;
    std::size_t leaves = 0;
    const std::size_t count = activities.size();
    constexpr std::size_t between_interrupts = 1 << 16;
    std::size_t until_interrupt = between_interrupts;
    const auto look = [&] {
        if (!inside.empty())
            peak = std::max(peak.value_or(-INFINITY), inside.total());
        if (--until_interrupt == 0) {
            until_interrupt = between_interrupts;
            if (interrupted != nullptr)
                interrupted();
        }
    };
    while (leaves < count) {
        const Ticks leaves_at = activities[leaves].occurred_at;
        const Ticks begin = enters < count ? std::min(activities[enters].occurred_at - length, leaves_at) : leaves_at;
        for (; enters < count && activities[enters].occurred_at - length == begin; ++enters)
            inside.push();
        look();
        if (leaves_at != begin)
            continue;
        for (; leaves < count && activities[leaves].occurred_at == begin; ++leaves)
            inside.pop();
        look();
    }
    return peak;
}

} // namespace leadscore::core
