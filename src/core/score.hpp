#pragma once

// A score: an amount of points that halves evenly, as a function of time. It is stored once and read at any instant.

#include <optional>

#include "core/bytes.hpp"
#include "core/time.hpp"

namespace leadscore::core {

inline constexpr Ticks shortest_half_life = ticks_per_second;
inline constexpr Ticks no_half_life = 0; // the points do not decay

// Passes a half-life on that a score can have: no_half_life, or from a second up.
[[noreturn]] void refuse_half_life(Ticks half_life);

inline Ticks checked_half_life(Ticks half_life) {
    if (half_life != no_half_life && (half_life < shortest_half_life || half_life > longest_span)) [[unlikely]]
        refuse_half_life(half_life);
    return half_life;
}

// "30 days", or "none".
std::string half_life_text(Ticks half_life);

// The amount `elapsed` later (earlier where negative): amount * 2^(-elapsed / half_life), infinite where too large.
double decayed(double amount, Ticks elapsed, Ticks half_life) noexcept;

class Score {
public:
    static constexpr std::size_t encoded_size = 1 + 3 * 8;

    Score() = default;
    explicit Score(double points);                          // does not decay
    Score(double points, Ticks reference, Ticks half_life); // half_life may be no_half_life
    Score(double points, const Instant &at, const Span &half_life);

    // From the fields of a score that was checked when it was made.
    static Score trusted(double points, Ticks reference, Ticks half_life) noexcept {
        Score score;
        score.points_ = points;
        score.reference_ = reference;
        score.half_life_ = half_life;
        return score;
    }

    double points() const noexcept { return points_; }
    bool decays() const noexcept { return half_life_ != no_half_life; }
    // Both are 0 for a score that does not decay.
    Ticks reference() const noexcept { return reference_; }
    Ticks half_life() const noexcept { return half_life_; }

    double value_at(Ticks instant) const;
    double value_at(const Instant &instant) const { return value_at(to_ticks(instant)); }

    // When the points are at the threshold, before the reference time or after it; nothing if never.
    std::optional<Ticks> cools_at(double threshold) const;

    Score operator-() const noexcept;

    // The binary form, with a version.
    static Score decode(Bytes bytes);
    void encode(unsigned char *to) const noexcept;

private:
    double points_ = 0;
    Ticks reference_ = 0;
    Ticks half_life_ = no_half_life;
};

// Of two scores with the same half-life, at the later of their references.
Score operator+(const Score &left, const Score &right);
Score operator-(const Score &left, const Score &right);
Score operator*(const Score &score, double factor);
Score operator/(const Score &score, double divisor);

[[noreturn]] void refuse_mixed_half_lives(Ticks left, Ticks right);

} // namespace leadscore::core
