#pragma once

// A sum of decaying points as a function of time, on a stretch on which no activity leaves its piece: amounts that fade
// with their half-lives, one that stays, a slope. And what can be said of such sums, some of which are clamped.

#include <vector>

#include "core/piece.hpp"

namespace leadscore::core {

// From one instant to another, both included.
struct Stretch {
    Ticks from;
    Ticks to;
};

class RunningSum {
public:
    Ticks at = 0;

    void clear(Ticks instant);

    // Adds the points of an activity that has been on its piece since an instant not after `at`.
    void add(double points, const Decay &decay, const Piece &piece, Ticks since);

    // Adds another sum, which is not ahead of this one, with its noise left out.
    void add(const RunningSum &other);

    void advance(Ticks instant);

    // What rounding may have done to it since it was clear.
    double noise() const { return 1e-15 * static_cast<double>(operations_ + 1) * magnitude_; }

    // Bounds: what is positive is taken at the end and what is negative at the beginning, or the other way round.
    double least_on(Stretch stretch) const;
    double most_on(Stretch stretch) const;
    double least_slope_on(Stretch stretch) const;
    double most_slope_on(Stretch stretch) const;

    // What stays of it for ever, where nothing falls.
    double rest() const { return constant_; }
    bool only_fades() const; // from above
    bool has_faded() const;

    // The last instant at which its amounts can be told from 0.
    Ticks faded_at() const;

private:
    struct Fading {
        Ticks half_life;
        double amount;
    };

    double &amount_of(Ticks half_life);
    double since(Ticks instant) const { return static_cast<double>(instant - at); }
    double amount_at(const Fading &part, Ticks instant) const;
    double speed(const Fading &part, Ticks instant) const;

    std::vector<Fading> fading_;
    double constant_ = 0;
    double falling_ = 0; // in a tick
    double magnitude_ = 0;
    long operations_ = 0;
};

// What is known on a stretch of a sum that is made of others: a part that is a function, and bounds of the rest.
class Estimate {
public:
    void clear(Stretch stretch);
    void add(const RunningSum &own);
    void add(const Estimate &part);

    // Brings it between limits.
    void clamp(double least, double most);

    double noise() const { return noise_; }
    double least() const { return function_.least_on(stretch_) + rest_.least; }
    double most() const { return function_.most_on(stretch_) + rest_.most; }
    double least_slope() const { return function_.least_slope_on(stretch_) + rest_.least_slope; }
    double most_slope() const { return function_.most_slope_on(stretch_) + rest_.most_slope; }

private:
    struct Bounds {
        double least = 0;
        double most = 0;
        double least_slope = 0;
        double most_slope = 0;
    };

    Stretch stretch_{};
    RunningSum function_;
    Bounds rest_;
    double noise_ = 0;
};

} // namespace leadscore::core
