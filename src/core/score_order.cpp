#include <bit>
#include <cmath>
#include <limits>

#include "core/score_order.hpp"

namespace leadscore::core {

namespace {

constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

// reference / half_life * 2^60, rounded down: a whole half-life later is exactly 2^60 more.
Wide log_of_reference(Ticks reference, Ticks half_life) noexcept {
    Ticks whole = reference / half_life;
    Ticks rest = reference % half_life;
    if (rest < 0) {
        rest += half_life;
        --whole;
    }
    const auto fraction =
        (static_cast<UnsignedWide>(rest) << log_fraction_bits) / static_cast<std::uint64_t>(half_life);
    return (static_cast<Wide>(whole) << log_fraction_bits) + static_cast<Wide>(fraction);
}

// How the 64 bits of an abbreviated key are used: half-life, sign, magnitude.
constexpr int half_life_bits = 10;
constexpr int sign_bits = 2;
constexpr int magnitude_bits = 64 - half_life_bits - sign_bits;
constexpr std::uint64_t code_of_never = (1U << half_life_bits) - 1;

// A half-life in 10 bits: its width and the 4 bits behind the leading one.
std::uint64_t code_of(std::uint64_t half_life) noexcept {
    const auto width = static_cast<int>(std::bit_width(half_life));
    return (static_cast<std::uint64_t>(width) << 4) | ((half_life >> (width - 5)) & 15);
}

// The magnitude as an unsigned number of 52 bits, in steps as fine as the largest magnitude of this code allows.
std::uint64_t shortened(Wide magnitude, std::uint64_t code) noexcept {
    const std::uint64_t least_half_life = (16 + (code & 15)) << ((code >> 4) - 5);
    constexpr std::uint64_t widest_log = 1100;
    const std::uint64_t most = static_cast<std::uint64_t>(last_instant) / least_half_life + widest_log;
    const auto width = static_cast<int>(std::bit_width(most));
    const Wide shifted = magnitude + (static_cast<Wide>(1) << (width + log_fraction_bits));
    return static_cast<std::uint64_t>(shifted >> (width + 1 + log_fraction_bits - magnitude_bits));
}

} // namespace

ScoreKey key_of(const Score &score) noexcept {
    const double points = score.points();
    ScoreKey key{score.decays() ? static_cast<std::uint64_t>(score.half_life()) : never, 0, 0};
    if (std::isnan(points)) {
        key.sign = 2;
        return key;
    }
    if (points == 0)
        return key;
    key.sign = points > 0 ? 1 : -1;
    const double size = std::fabs(points);
    // Without decay the order is that of the doubles, and so of their bits.
    key.magnitude = score.decays() ? binary_log(size) + log_of_reference(score.reference(), score.half_life())
                                   : static_cast<Wide>(std::bit_cast<std::uint64_t>(size));
    if (points < 0)
        key.magnitude = -key.magnitude;
    return key;
}

int compare(const ScoreKey &left, const ScoreKey &right) noexcept {
    if (left.half_life != right.half_life)
        return left.half_life < right.half_life ? -1 : 1;
    if (left.sign != right.sign)
        return left.sign < right.sign ? -1 : 1;
    if (left.magnitude != right.magnitude)
        return left.magnitude < right.magnitude ? -1 : 1;
    return 0;
}

std::uint64_t abbreviated(const Score &score) noexcept {
    const ScoreKey key = key_of(score);
    const std::uint64_t code = score.decays() ? code_of(key.half_life) : code_of_never;
    std::uint64_t magnitude = 0;
    if (key.sign == 1 || key.sign == -1) {
        if (score.decays()) {
            magnitude = shortened(key.magnitude, code);
        } else {
            // Doubles' bits below infinity take 63 bits.
            const Wide shifted = key.magnitude + (static_cast<Wide>(1) << 63);
            magnitude = static_cast<std::uint64_t>(shifted >> (64 - magnitude_bits));
        }
    }
    return (code << (sign_bits + magnitude_bits)) | (static_cast<std::uint64_t>(key.sign + 1) << magnitude_bits) |
           magnitude;
}

} // namespace leadscore::core
