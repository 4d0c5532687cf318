#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "core/error.hpp"
#include "core/power_of_half.hpp"
#include "core/score.hpp"
#include "core/time_text.hpp"

namespace leadscore::core {

namespace {

constexpr unsigned char binary_version = 1;

double checked_points(double points) {
    if (std::isinf(points))
        throw Error(ErrorKind::out_of_range, "points of a score must be finite");
    if (std::isnan(points))
        return std::numeric_limits<double>::quiet_NaN();
    return points + 0.0; // minus zero becomes zero
}

double log2_of_ratio(double numerator, double denominator) noexcept {
    const double ratio = numerator / denominator;
    if (std::isnormal(ratio))
        return std::log2(ratio);
    return std::log2(numerator) - std::log2(denominator);
}

} // namespace

void refuse_half_life(Ticks half_life) {
    if (half_life < shortest_half_life)
        throw Error(ErrorKind::invalid_parameter, "half-life must be at least one second");
    throw Error(ErrorKind::time_out_of_range, "half-life is longer than 3300000 days");
}

std::string half_life_text(Ticks half_life) { return half_life == no_half_life ? "none" : span_text(half_life); }

double decayed(double amount, Ticks elapsed, Ticks half_life) noexcept {
    if (half_life == no_half_life || elapsed == 0 || amount == 0)
        return amount;
    return decayed_amount(amount, elapsed, half_life);
}

Score::Score(double points) : points_(checked_points(points)) {}

Score::Score(double points, Ticks reference, Ticks half_life)
    : points_(checked_points(points)), half_life_(checked_half_life(half_life)) {
    if (half_life_ != no_half_life)
        reference_ = checked_instant(reference, "reference time");
}

Score::Score(double points, const Instant &at, const Span &half_life)
    : Score(points, to_ticks(at), half_life.is_special() ? -1 : half_life.ticks()) {
    if (half_life_ == no_half_life)
        throw Error(ErrorKind::invalid_parameter, "half-life must be at least one second");
}

double Score::value_at(Ticks instant) const {
    checked_instant(instant, "time");
    const double value = decayed(points_, instant - reference_, half_life_);
    if (std::isinf(value))
        throw Error(ErrorKind::out_of_range, "the points of the score are out of range at this time", {},
                    "The time is too many half-lives before the reference time.");
    return value;
}

std::optional<Ticks> Score::cools_at(double threshold) const {
    // An amount approaches zero and never reaches or passes it.
    const bool same_side = (points_ > 0 && threshold > 0) || (points_ < 0 && threshold < 0);
    if (!decays() || !same_side || std::isinf(threshold))
        return std::nullopt;
    const double elapsed =
        std::nearbyint(log2_of_ratio(std::fabs(points_), std::fabs(threshold)) * static_cast<double>(half_life_));
    if (!(std::fabs(elapsed) <= static_cast<double>(longest_span)))
        refuse_instant("the time at which the score cools");
    return checked_instant(reference_ + static_cast<Ticks>(elapsed), "the time at which the score cools");
}

Score Score::operator-() const noexcept {
    Score negative = *this;
    negative.points_ = 0.0 - points_;
    return negative;
}

Score Score::decode(Bytes bytes) {
    if (bytes.empty())
        throw Error(ErrorKind::invalid_binary, "invalid binary score: it is empty");
    if (bytes[0] != binary_version)
        throw Error(ErrorKind::invalid_binary, "invalid binary score: version " + std::to_string(bytes[0]) +
                                                   " is unknown, this release reads version 1");
    if (bytes.size() != encoded_size)
        throw Error(ErrorKind::invalid_binary, "invalid binary score: it has " + std::to_string(bytes.size()) +
                                                   " bytes, not " + std::to_string(encoded_size));
    const Ticks reference = load_integer(bytes.data() + 9);
    const Ticks half_life = load_integer(bytes.data() + 17);
    if (half_life == no_half_life && reference != 0)
        throw Error(ErrorKind::invalid_binary, "invalid binary score: a reference time without a half-life");
    try {
        return Score(load_number(bytes.data() + 1), reference, half_life);
    } catch (const Error &error) {
        throw Error(ErrorKind::invalid_binary, std::string("invalid binary score: ") + error.what(), error.detail(),
                    error.hint());
    }
}

void Score::encode(unsigned char *to) const noexcept {
    *to++ = binary_version;
    to = store(to, points_);
    to = store(to, reference_);
    store(to, half_life_);
}

void refuse_mixed_half_lives(Ticks left, Ticks right) {
    throw Error(ErrorKind::mismatch,
                "scores have different half-lives: " + half_life_text(left) + " and " + half_life_text(right), {},
                "Only scores of one half-life can be added or subtracted.");
}

Score operator+(const Score &left, const Score &right) {
    if (left.half_life() != right.half_life())
        refuse_mixed_half_lives(left.half_life(), right.half_life());
    // Nothing is added to the other, which keeps its reference and its precision.
    if (left.points() == 0 && right.points() != 0)
        return right;
    if (right.points() == 0 && left.points() != 0)
        return left;
    // At the later reference neither amount can have grown out of range.
    const Ticks reference = std::max(left.reference(), right.reference());
    const double sum = decayed(left.points(), reference - left.reference(), left.half_life()) +
                       decayed(right.points(), reference - right.reference(), right.half_life());
    return Score(sum, reference, left.half_life());
}

Score operator-(const Score &left, const Score &right) { return left + -right; }

Score operator*(const Score &score, double factor) {
    return Score(score.points() * factor, score.reference(), score.half_life());
}

Score operator/(const Score &score, double divisor) {
    if (divisor == 0)
        throw Error(ErrorKind::division_by_zero, "division by zero");
    return Score(score.points() / divisor, score.reference(), score.half_life());
}

} // namespace leadscore::core
