#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <limits>

#include "core/accumulators.hpp"
#include "core/error.hpp"
#include "core/power_of_half.hpp"

namespace leadscore::core {

void refuse_sum() { throw Error(ErrorKind::out_of_range, "the sum is out of range"); }

namespace {

void check_points(double points) {
    if (std::isinf(points)) [[unlikely]]
        throw Error(ErrorKind::out_of_range, "points must be finite");
}

// 2^-power, 0 where that is not a normal number.
inline double exact_power_of_half(Ticks power) noexcept {
    if (power > 1022) [[unlikely]]
        return 0;
    return std::bit_cast<double>(static_cast<std::uint64_t>(1023 - power) << 52);
}

// Scaling by a power of two rounds only where the result is too small for a normal number.
[[gnu::always_inline]] inline double scaled(double amount, double factor, bool &exact) noexcept {
    const double result = amount * factor;
    if (std::fabs(result) < DBL_MIN && amount != 0)
        exact = false;
    return result;
}

} // namespace

void SumState::add_not_finite(double contribution) {
    check_points(contribution);
    ++nan_rows;
}

bool SumState::remove(double contribution) {
    if (rows == 0 || exact == 0 || std::isinf(contribution))
        return false;
    if (std::isnan(contribution)) {
        if (nan_rows == 0)
            return false;
        --nan_rows;
    } else {
        ExactSum sum{high, low, true};
        if (!sum.remove(contribution))
            return false;
        high = sum.high;
        low = sum.low;
    }
    --rows;
    return true;
}

void SumState::add(const SumState &other) {
    ExactSum sum{high, low, exact != 0};
    sum.add(ExactSum{other.high, other.low, other.exact != 0});
    rows += other.rows;
    nan_rows += other.nan_rows;
    high = sum.high;
    low = sum.low;
    exact = sum.exact ? 1 : 0;
}

double SumState::value() const noexcept {
    return nan_rows > 0 ? std::numeric_limits<double>::quiet_NaN() : high + low + 0.0;
}

void AverageState::add(double points, double weight) {
    check_points(points);
    ++rows;
    ExactSum weights{weight_high, weight_low, exact != 0};
    weights.add(weight);
    weight_high = weights.high;
    weight_low = weights.low;
    bool still_exact = weights.exact;
    if (std::isnan(points)) {
        ++nan_rows;
    } else {
        ExactSum sum{points_high, points_low, still_exact};
        const double contribution = points * weight;
        check_points(contribution);
        sum.add(contribution);
        points_high = sum.high;
        points_low = sum.low;
        still_exact = sum.exact;
    }
    exact = still_exact ? 1 : 0;
}

bool AverageState::remove(double points, double weight) {
    if (rows == 0 || exact == 0 || std::isinf(points))
        return false;
    ExactSum weights{weight_high, weight_low, true};
    if (!weights.remove(weight))
        return false;
    if (std::isnan(points)) {
        if (nan_rows == 0)
            return false;
        --nan_rows;
    } else {
        ExactSum sum{points_high, points_low, true};
        if (!sum.remove(points * weight))
            return false;
        points_high = sum.high;
        points_low = sum.low;
    }
    weight_high = weights.high;
    weight_low = weights.low;
    --rows;
    return true;
}

void AverageState::add(const AverageState &other) {
    ExactSum weights{weight_high, weight_low, exact != 0};
    weights.add(ExactSum{other.weight_high, other.weight_low, other.exact != 0});
    ExactSum points{points_high, points_low, weights.exact};
    points.add(ExactSum{other.points_high, other.points_low, other.exact != 0});
    rows += other.rows;
    nan_rows += other.nan_rows;
    weight_high = weights.high;
    weight_low = weights.low;
    points_high = points.high;
    points_low = points.low;
    exact = points.exact ? 1 : 0;
}

std::optional<double> AverageState::value() const noexcept {
    const double weight = weight_high + weight_low;
    if (weight == 0)
        return std::nullopt;
    if (nan_rows > 0)
        return std::numeric_limits<double>::quiet_NaN();
    return (points_high + points_low) / weight + 0.0;
}

namespace {

// Moves the reference so that it is not before the instant, by whole half-lives.
void move_reference(ScoreSumState &state, Ticks instant) noexcept {
    const Ticks steps = (instant - state.reference + state.half_life - 1) / state.half_life;
    bool exact = state.exact != 0;
    const double factor = exact_power_of_half(steps);
    state.high = scaled(state.high, factor, exact);
    state.low = scaled(state.low, factor, exact);
    state.reference += steps * state.half_life;
    state.exact = exact ? 1 : 0;
}

// What points at an instant are worth at the state's reference, which is not before it: rounded once, alike wherever
// the reference has moved, then scaled by a power of two.
[[gnu::always_inline]] inline double contribution_of(const ScoreSumState &state, double points, Ticks instant,
                                                     bool &exact) noexcept {
    if (state.half_life == no_half_life)
        return points;
    const HalvedTimes halved = halved_times(state.reference - instant, state.half_life);
    return scaled(points * halved.mantissa, exact_power_of_half(-halved.exponent), exact);
}

} // namespace

void ScoreSumState::begin(Ticks instant, Ticks row_half_life) {
    if (rows != 0)
        refuse_mixed_half_lives(half_life, row_half_life);
    half_life = row_half_life;
    reference = instant;
    latest = instant;
}

void ScoreSumState::add(double points, Ticks instant, Ticks row_half_life) {
    if (rows == 0 || half_life != row_half_life) [[unlikely]]
        begin(instant, row_half_life);
    if (instant > latest) {
        latest = instant;
        if (instant > reference)
            move_reference(*this, instant);
    }
    ++rows;
    if (!std::isfinite(points)) [[unlikely]] {
        check_points(points);
        ++nan_rows;
        return;
    }
    ExactSum sum{high, low, exact != 0};
    const double contribution = contribution_of(*this, points, instant, sum.exact);
    sum.add(contribution);
    high = sum.high;
    low = sum.low;
    exact = sum.exact ? 1 : 0;
}

bool ScoreSumState::remove(double points, Ticks instant, Ticks row_half_life) {
    // When the latest row leaves, which one is the latest is not known.
    if (rows == 0 || exact == 0 || std::isinf(points) || half_life != row_half_life ||
        (half_life != no_half_life && instant >= latest))
        return false;
    if (std::isnan(points)) {
        if (nan_rows == 0)
            return false;
        --nan_rows;
    } else {
        ExactSum sum{high, low, true};
        const double contribution = contribution_of(*this, points, instant, sum.exact);
        if (!sum.remove(contribution))
            return false;
        high = sum.high;
        low = sum.low;
    }
    --rows;
    return true;
}

void ScoreSumState::add(const ScoreSumState &other) {
    if (other.rows == 0)
        return;
    if (rows == 0) {
        *this = other;
        return;
    }
    if (half_life != other.half_life)
        refuse_mixed_half_lives(half_life, other.half_life);
    if (half_life != no_half_life) {
        latest = std::max(latest, other.latest);
        if (other.reference > reference)
            move_reference(*this, other.reference);
    }
    ExactSum sum{high, low, exact != 0 && other.exact != 0};
    sum.add(contribution_of(*this, other.high, other.reference, sum.exact));
    sum.add(contribution_of(*this, other.low, other.reference, sum.exact));
    // The two grids of references may differ, and then the contributions were rounded.
    if (half_life != no_half_life && (reference - other.reference) % half_life != 0)
        sum.exact = false;
    rows += other.rows;
    nan_rows += other.nan_rows;
    high = sum.high;
    low = sum.low;
    exact = sum.exact ? 1 : 0;
}

Score ScoreSumState::value() const {
    if (nan_rows > 0)
        return Score(std::numeric_limits<double>::quiet_NaN(), latest, half_life);
    const double points = decayed(high + low, latest - reference, half_life);
    if (std::isinf(points))
        throw Error(ErrorKind::out_of_range, "the sum is out of range");
    return Score(points, latest, half_life);
}

} // namespace leadscore::core
