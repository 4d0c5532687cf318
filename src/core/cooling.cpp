#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <vector>

#include "core/accumulators.hpp"
#include "core/cooling.hpp"
#include "core/running_sum.hpp"

namespace leadscore::core {

namespace {

// Walks from change to change. The running sums say where it is worth looking; what is found is decided by the sum
// over all activities, so that it is what a reader would see.
class Search {
public:
    Search(std::span<const DecayingPoints> all, double threshold, std::span<const ClampedSum> sums,
           void (*interrupted)())
        : all_(all), threshold_(threshold), interrupted_(interrupted), pieces_(all.size()) {
        // Where nothing is clamped, all is one sum: its parts cancel out, and are rounded once.
        if (std::any_of(sums.begin(), sums.end(), has_limit))
            sums_.assign(sums.begin(), sums.end());
        else
            sums_.resize(1);
        totals_.resize(sums_.size());
        running_.resize(sums_.size());
        estimates_.resize(sums_.size());
    }

    std::optional<Ticks> run(Ticks now) {
        if (sums_[0].least > threshold_)
            return std::nullopt;
        if (reached(now))
            return now;
        for (std::size_t number = 0; number < all_.size(); ++number)
            enter_piece(number, now);
        add_up(now);
        while (true) {
            if (changes_.empty() || passed_ > all_.size() + 1000)
                add_up(at_);
            if (changes_.empty())
                return stays_above() ? std::nullopt : first_on({at_, faded_at()});
            const Ticks change = changes_.top().at;
            if (const auto found = first_on({at_, std::min(change - 1, last_instant)}))
                return found;
            if (change > last_instant)
                return std::nullopt;
            pass(change);
        }
    }

private:
    struct Change {
        Ticks at;
        std::size_t number;
        bool operator>(const Change &other) const { return at > other.at; }
    };
    struct Current {
        Piece piece;
        Ticks since;
    };

    static bool has_limit(const ClampedSum &sum) { return std::isfinite(sum.least) || std::isfinite(sum.most); }

    std::size_t sum_of(std::size_t number) const { return sums_.size() == 1 ? 0 : all_[number].sum; }

    // Each sum is rounded before it is clamped, as a reader does it.
    bool reached(Ticks instant) {
        std::fill(totals_.begin(), totals_.end(), SumState());
        for (std::size_t number = 0; number < all_.size(); ++number) {
            const DecayingPoints &one = all_[number];
            totals_[sum_of(number)].add(one.points * one.decay->weight(instant - one.occurred_at));
        }
        if (interrupted_ != nullptr)
            interrupted_();
        for (std::size_t sum = sums_.size() - 1; sum > 0; --sum)
            totals_[sums_[sum].part_of].add(clamped(sum, totals_[sum].value()));
        return clamped(0, totals_[0].value()) <= threshold_;
    }

    double clamped(std::size_t sum, double value) const { return std::clamp(value, sums_[sum].least, sums_[sum].most); }

    // What can be said of the whole on a stretch without a change; it stands until the next call.
    const Estimate &estimate(Stretch stretch) {
        for (std::size_t sum = 0; sum < sums_.size(); ++sum) {
            estimates_[sum].clear(stretch);
            estimates_[sum].add(running_[sum]);
        }
        for (std::size_t sum = sums_.size() - 1; sum > 0; --sum) {
            estimates_[sum].clamp(sums_[sum].least, sums_[sum].most);
            estimates_[sums_[sum].part_of].add(estimates_[sum]);
        }
        estimates_[0].clamp(sums_[0].least, sums_[0].most);
        return estimates_[0];
    }

    // Whether it only comes nearer, from above, to what stays of it, without getting there or to the threshold.
    bool stays_above() const {
        if (!std::all_of(running_.begin(), running_.end(), [](const RunningSum &sum) { return sum.only_fades(); }))
            return false;
        struct End {
            double rest;
            bool never; // it is always more than that
        };
        std::vector<End> ends;
        ends.reserve(sums_.size());
        for (const RunningSum &sum : running_)
            ends.push_back({sum.rest(), !sum.has_faded()});
        for (std::size_t sum = sums_.size(); sum-- > 0;) {
            End &end = ends[sum];
            end.never = end.never && end.rest >= sums_[sum].least && end.rest < sums_[sum].most;
            end.rest = clamped(sum, end.rest);
            if (sum > 0) {
                ends[sums_[sum].part_of].rest += end.rest;
                ends[sums_[sum].part_of].never |= end.never;
            }
        }
        return ends[0].rest > threshold_ || (ends[0].rest == threshold_ && ends[0].never);
    }

    Ticks faded_at() const {
        Ticks last = at_;
        for (const RunningSum &sum : running_)
            last = std::max(last, sum.faded_at());
        return last;
    }

    // Where an activity stands at an instant, and when it leaves that piece. Before it occurs it gives nothing.
    void enter_piece(std::size_t number, Ticks instant) {
        const DecayingPoints &one = all_[number];
        Current &current = pieces_[number];
        current.since = instant;
        current.piece = {};
        Ticks change = one.occurred_at;
        if (instant >= one.occurred_at) {
            current.piece = piece_at(*one.decay, instant - one.occurred_at);
            if (current.piece.until == endless)
                return;
            change = one.occurred_at + current.piece.until + 1;
        }
        changes_.push({change, number});
    }

    void add(std::size_t number, double sign) {
        const Current &current = pieces_[number];
        running_[sum_of(number)].add(sign * all_[number].points, *all_[number].decay, current.piece, current.since);
    }

    // Now and then anew, so that rounding does not pile up; seldom enough to cost no more than the changes themselves.
    void add_up(Ticks instant) {
        at_ = instant;
        for (RunningSum &sum : running_)
            sum.clear(instant);
        passed_ = 0;
        for (std::size_t number = 0; number < all_.size(); ++number)
            add(number, 1);
    }

    void pass(Ticks change) {
        at_ = change;
        while (!changes_.empty() && changes_.top().at == change) {
            const std::size_t number = changes_.top().number;
            changes_.pop();
            ++passed_;
            if (running_[sum_of(number)].at < change)
                running_[sum_of(number)].advance(change);
            add(number, -1);
            enter_piece(number, change);
            add(number, 1);
        }
        if (interrupted_ != nullptr)
            interrupted_();
    }

    bool may_be_reached(Stretch stretch) {
        const Estimate &whole = estimate(stretch);
        return whole.least() <= threshold_ + whole.noise();
    }

    // The first instant of a stretch without a change.
    std::optional<Ticks> first_on(Stretch stretch) {
        if (!may_be_reached(stretch))
            return std::nullopt;
        if (may_be_reached({stretch.from, stretch.from}) && reached(stretch.from))
            return stretch.from;
        return first_after_beginning(stretch);
    }

    // The same where the threshold is not reached at the beginning. A part in which a bound, or the direction, tells
    // nothing is halved, unless only rounding could tell more.
    std::optional<Ticks> first_after_beginning(Stretch stretch) {
        auto [from, to] = stretch;
        if (from >= to)
            return std::nullopt;
        const Estimate &whole = estimate(stretch);
        if (whole.least() > threshold_ + whole.noise() || whole.least_slope() >= 0)
            return std::nullopt;
        if (to - from > 1 && whole.most_slope() > 0 && whole.most() - whole.least() > whole.noise()) {
            const Ticks middle = from + (to - from) / 2;
            const auto found = first_after_beginning({from, middle});
            return found ? found : first_after_beginning({middle, to});
        }
        if (!reached(to))
            return std::nullopt;
        while (to - from > 1) {
            const Ticks middle = from + (to - from) / 2;
            (reached(middle) ? to : from) = middle;
        }
        return to;
    }

    std::span<const DecayingPoints> all_;
    double threshold_;
    void (*interrupted_)();
    std::vector<ClampedSum> sums_;
    std::vector<SumState> totals_;
    std::vector<RunningSum> running_;
    std::vector<Estimate> estimates_;
    std::vector<Current> pieces_;
    std::priority_queue<Change, std::vector<Change>, std::greater<>> changes_;
    Ticks at_ = 0;
    std::size_t passed_ = 0; // changes since it was added up
};

} // namespace

std::optional<Ticks> falls_to(std::span<const DecayingPoints> all, Ticks now, double threshold,
                              std::span<const ClampedSum> sums, void (*interrupted)()) {
    return Search(all, threshold, sums, interrupted).run(now);
}

} // namespace leadscore::core
