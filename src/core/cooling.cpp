#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <queue>
#include <vector>

#include "core/accumulators.hpp"
#include "core/cooling.hpp"
#include "core/piece.hpp"

namespace leadscore::core {

namespace {

// The sum between two changes, from `at` on: amounts that fade with their half-lives, one that stays, a slope.
class Sum {
public:
    Ticks at = 0;

    void clear(Ticks instant) {
        at = instant;
        fading_.clear();
        constant_ = 0;
        falling_ = 0;
        magnitude_ = 0;
        operations_ = 0;
    }

    // Adds the points of an activity that has been on its piece since an instant not after `at`.
    void add(double points, const Decay &decay, const Piece &piece, Ticks since) {
        const Ticks half_life = decay.half_life_ticks();
        const double fading = sum_after(decay, points * piece.fading, 0, 0, at - since);
        if (half_life == 0)
            constant_ += fading;
        else if (fading != 0)
            amount_of(half_life) += fading;
        constant_ += points * piece.held - points * piece.falling * static_cast<double>(at - since);
        falling_ += points * piece.falling;
        magnitude_ += std::fabs(points);
        ++operations_;
    }

    void advance(Ticks instant) {
        for (Fading &part : fading_)
            part.amount = decayed_amount(part.amount, instant - at, part.half_life);
        constant_ -= falling_ * static_cast<double>(instant - at);
        at = instant;
        ++operations_;
    }

    // What rounding may have done to it since it was clear.
    double noise() const { return 1e-15 * static_cast<double>(operations_ + 1) * magnitude_; }

    double value() const { return least_between(at, at); }

    // A bound from below: what is positive is taken at the end, what is negative at the beginning.
    double least_between(Ticks from, Ticks to) const {
        double least = constant_ - std::max(falling_ * since(from), falling_ * since(to));
        for (const Fading &part : fading_)
            least += decayed_amount(part.amount, (part.amount > 0 ? to : from) - at, part.half_life);
        return least;
    }

    // Bounds of the slope, by the same reasoning.
    double least_slope(Ticks from, Ticks to) const {
        double least = -falling_;
        for (const Fading &part : fading_)
            least -= speed(part, part.amount > 0 ? from : to);
        return least;
    }
    double most_slope(Ticks from, Ticks to) const {
        double most = -falling_;
        for (const Fading &part : fading_)
            most -= speed(part, part.amount > 0 ? to : from);
        return most;
    }

    // Whether it only comes nearer, from above, to what stays of it.
    bool stays_above(double threshold) const {
        return falling_ == 0 && constant_ >= threshold &&
               std::all_of(fading_.begin(), fading_.end(), [](const Fading &part) { return part.amount >= 0; });
    }

    // The last instant at which its amounts can be told from 0.
    Ticks faded_at() const {
        constexpr double half_lives = 1020;
        double span = 0;
        for (const Fading &part : fading_)
            span = std::max(span, half_lives * static_cast<double>(part.half_life));
        return span < static_cast<double>(last_instant - at) ? at + static_cast<Ticks>(span) : last_instant;
    }

private:
    struct Fading {
        Ticks half_life;
        double amount;
    };

    double &amount_of(Ticks half_life) {
        for (Fading &part : fading_)
            if (part.half_life == half_life)
                return part.amount;
        return fading_.emplace_back(Fading{half_life, 0}).amount;
    }

    double since(Ticks instant) const { return static_cast<double>(instant - at); }

    double speed(const Fading &part, Ticks instant) const {
        return decayed_amount(part.amount, instant - at, part.half_life) * std::numbers::ln2 /
               static_cast<double>(part.half_life);
    }

    std::vector<Fading> fading_;
    double constant_ = 0;
    double falling_ = 0; // in a tick
    double magnitude_ = 0;
    long operations_ = 0;
};

// Walks from change to change. The running sum says where it is worth looking; what is found is decided by the sum
// over all activities, so that it is what a reader would see.
class Search {
public:
    Search(std::span<const DecayingPoints> all, double threshold, void (*interrupted)())
        : all_(all), threshold_(threshold), interrupted_(interrupted), pieces_(all.size()) {}

    std::optional<Ticks> run(Ticks now) {
        if (reached(now))
            return now;
        for (std::size_t number = 0; number < all_.size(); ++number)
            enter_piece(number, now);
        add_up(now);
        while (true) {
            if (changes_.empty() || passed_ > all_.size() + 1000)
                add_up(sum_.at);
            if (changes_.empty())
                return sum_.stays_above(threshold_) ? std::nullopt : first_between(sum_.at, sum_.faded_at());
            const Ticks change = changes_.top().at;
            if (const auto found = first_between(sum_.at, std::min(change - 1, last_instant)))
                return found;
            if (change > last_instant)
                return std::nullopt;
            pass(change);
            if (sum_.value() <= threshold_ + sum_.noise() && reached(change))
                return change;
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

    bool reached(Ticks instant) const {
        SumState sum;
        for (const DecayingPoints &one : all_)
            sum.add(one.points * one.decay->weight(instant - one.occurred_at));
        if (interrupted_ != nullptr)
            interrupted_();
        return sum.value() <= threshold_;
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
        sum_.add(sign * all_[number].points, *all_[number].decay, current.piece, current.since);
    }

    // Now and then anew, so that rounding does not pile up; seldom enough to cost no more than the changes themselves.
    void add_up(Ticks instant) {
        sum_.clear(instant);
        passed_ = 0;
        for (std::size_t number = 0; number < all_.size(); ++number)
            add(number, 1);
    }

    void pass(Ticks change) {
        sum_.advance(change);
        while (!changes_.empty() && changes_.top().at == change) {
            const std::size_t number = changes_.top().number;
            changes_.pop();
            ++passed_;
            add(number, -1);
            enter_piece(number, change);
            add(number, 1);
        }
        if (interrupted_ != nullptr)
            interrupted_();
    }

    // The first instant after `from`, where the threshold is not reached, up to `to`, without a change in between.
    // A part in which a bound, or the direction, tells nothing is halved.
    std::optional<Ticks> first_between(Ticks from, Ticks to) const {
        if (from >= to || sum_.least_between(from, to) > threshold_ + sum_.noise() || sum_.least_slope(from, to) >= 0)
            return std::nullopt;
        if (to - from > 1 && sum_.most_slope(from, to) > 0) {
            const Ticks middle = from + (to - from) / 2;
            const auto found = first_between(from, middle);
            return found ? found : first_between(middle, to);
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
    std::vector<Current> pieces_;
    std::priority_queue<Change, std::vector<Change>, std::greater<>> changes_;
    Sum sum_;
    std::size_t passed_ = 0; // changes since it was added up
};

} // namespace

std::optional<Ticks> falls_to(std::span<const DecayingPoints> all, Ticks now, double threshold, void (*interrupted)()) {
    return Search(all, threshold, interrupted).run(now);
}

} // namespace leadscore::core
