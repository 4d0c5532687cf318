#include "core/running_sum.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/power_of_half.hpp"

namespace leadscore::core {

void RunningSum::clear(Ticks instant) {
    at = instant;
    fading_.clear();
    constant_ = 0;
    falling_ = 0;
    magnitude_ = 0;
    operations_ = 0;
}

void RunningSum::add(double points, const Decay &decay, const Piece &piece, Ticks since) {
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

void RunningSum::add(const RunningSum &other) {
    for (const Fading &part : other.fading_)
        amount_of(part.half_life) += decayed_amount(part.amount, at - other.at, part.half_life);
    constant_ += other.constant_ - other.falling_ * static_cast<double>(at - other.at);
    falling_ += other.falling_;
}

void RunningSum::advance(Ticks instant) {
    for (Fading &part : fading_)
        part.amount = decayed_amount(part.amount, instant - at, part.half_life);
    constant_ -= falling_ * static_cast<double>(instant - at);
    at = instant;
    ++operations_;
}

double RunningSum::least_on(Stretch stretch) const {
    double least = constant_ - std::max(falling_ * since(stretch.from), falling_ * since(stretch.to));
    for (const Fading &part : fading_)
        least += amount_at(part, part.amount > 0 ? stretch.to : stretch.from);
    return least;
}

double RunningSum::most_on(Stretch stretch) const {
    double most = constant_ - std::min(falling_ * since(stretch.from), falling_ * since(stretch.to));
    for (const Fading &part : fading_)
        most += amount_at(part, part.amount > 0 ? stretch.from : stretch.to);
    return most;
}

double RunningSum::least_slope_on(Stretch stretch) const {
    double least = -falling_;
    for (const Fading &part : fading_)
        least -= speed(part, part.amount > 0 ? stretch.from : stretch.to);
    return least;
}

double RunningSum::most_slope_on(Stretch stretch) const {
    double most = -falling_;
    for (const Fading &part : fading_)
        most -= speed(part, part.amount > 0 ? stretch.to : stretch.from);
    return most;
}

bool RunningSum::only_fades() const {
    return falling_ == 0 &&
           std::all_of(fading_.begin(), fading_.end(), [](const Fading &part) { return part.amount >= 0; });
}

bool RunningSum::has_faded() const {
    return std::all_of(fading_.begin(), fading_.end(), [](const Fading &part) { return part.amount == 0; });
}

Ticks RunningSum::faded_at() const {
    constexpr double half_lives = 1020;
    double span = 0;
    for (const Fading &part : fading_)
        span = std::max(span, half_lives * static_cast<double>(part.half_life));
    return span < static_cast<double>(last_instant - at) ? at + static_cast<Ticks>(span) : last_instant;
}

double &RunningSum::amount_of(Ticks half_life) {
    for (Fading &part : fading_)
        if (part.half_life == half_life)
            return part.amount;
    return fading_.emplace_back(Fading{half_life, 0}).amount;
}

double RunningSum::amount_at(const Fading &part, Ticks instant) const {
    return decayed_amount(part.amount, instant - at, part.half_life);
}

double RunningSum::speed(const Fading &part, Ticks instant) const {
    return amount_at(part, instant) * std::numbers::ln2 / static_cast<double>(part.half_life);
}

void Estimate::clear(Stretch stretch) {
    stretch_ = stretch;
    function_.clear(stretch.from);
    rest_ = {};
    noise_ = 0;
}

void Estimate::add(const RunningSum &own) {
    function_.add(own);
    noise_ += own.noise();
}

void Estimate::add(const Estimate &part) {
    function_.add(part.function_);
    rest_.least += part.rest_.least;
    rest_.most += part.rest_.most;
    rest_.least_slope += part.rest_.least_slope;
    rest_.most_slope += part.rest_.most_slope;
    noise_ += part.noise_;
}

// Where it is seen to be between the limits it stays the function that it is, so that parts can still cancel out; where
// it is seen to be beyond one it is that number. Else it keeps bounds: its slope is its own or 0.
void Estimate::clamp(double low, double high) {
    const double lowest = least();
    const double highest = most();
    if (lowest - noise_ >= low && highest + noise_ <= high)
        return;
    Bounds bounds{std::clamp(lowest, low, high), std::clamp(highest, low, high), std::min(least_slope(), 0.0),
                  std::max(most_slope(), 0.0)};
    if (bounds.least == bounds.most)
        bounds.least_slope = bounds.most_slope = 0;
    function_.clear(stretch_.from);
    rest_ = bounds;
}

} // namespace leadscore::core
