#pragma once

// 2^(-elapsed / half_life) in plain IEEE arithmetic, to 0.52 units of the last place. The C library's exp2 costs a call
// and gives other last bits on processors with fused multiplication: a primary, its standby and a restored copy would
// disagree.

#include <bit>
#include <cmath>
#include <cstdint>

#include "core/time.hpp"

namespace leadscore::core {

struct PowerOfTwo {
    double rounded;
    double lacks; // relative to the rounded one
};

inline constexpr int power_table_bits = 7;
inline constexpr int power_table_size = 1 << power_table_bits;
extern const PowerOfTwo power_table[power_table_size]; // 2^(index / 128)

inline constexpr std::int64_t beyond_double = 4000; // 2^4000 is infinite, 2^-4000 is 0, whatever the mantissa

// 2^(-elapsed / half_life) = mantissa * 2^exponent, the mantissa near [1, 2). A whole number of half-lives changes the
// exponent only.
struct HalvedTimes {
    double mantissa;
    std::int64_t exponent;
};

[[gnu::always_inline]] inline HalvedTimes halved_times(Ticks elapsed, Ticks half_life) noexcept {
    // Does not depend on the row where the half-life does not, so the processor has it early.
    const double scale = power_table_size / static_cast<double>(half_life);
    // The nearest multiple of 1/128: adding this number leaves it in the lower bits.
    constexpr double to_integer = 0x1.8p52;
    const double multiples = static_cast<double>(elapsed) * scale;
    // So many half-lives that no double is left, and more than the integers below could hold.
    if (std::fabs(multiples) > 0x1p40) [[unlikely]]
        return {1, multiples > 0 ? -beyond_double : beyond_double};
    const double nearest = multiples + to_integer;
    std::int64_t multiple = std::bit_cast<std::int64_t>(nearest) - std::bit_cast<std::int64_t>(to_integer);
    // What is left, in integers: exact, as only the difference has to fit. One step mends what was rounded above, so
    // that the result is a function of the quotient alone.
    auto left = static_cast<std::int64_t>(static_cast<std::uint64_t>(elapsed) * power_table_size -
                                          static_cast<std::uint64_t>(multiple) * static_cast<std::uint64_t>(half_life));
    if (2 * left > half_life) [[unlikely]] {
        ++multiple;
        left -= half_life;
    } else if (2 * left <= -half_life) [[unlikely]] {
        --multiple;
        left += half_life;
    }
    const double rest = static_cast<double>(-left) * (scale * (1.0 / (power_table_size * power_table_size)));
    const PowerOfTwo &power = power_table[-multiple & (power_table_size - 1)];
    // 2^rest - 1, as the first terms of its series; |rest| is at most 1/256.
    const double square = rest * rest;
    const double series = 0x1.62e42fefa39efp-1 * rest + square * (0x1.ebfbdff82c58fp-3 + rest * 0x1.c6b08d704a0c0p-5) +
                          square * square * (0x1.3b2ab6fba4e77p-7 + rest * 0x1.5d87fe78a6731p-10);
    return {power.rounded + power.rounded * (power.lacks + series), -multiple >> power_table_bits};
}

// amount * 2^(-elapsed / half_life), infinite where too large; elapsed may be negative.
[[gnu::always_inline]] inline double decayed_amount(double amount, Ticks elapsed, Ticks half_life) noexcept {
    const HalvedTimes halved = halved_times(elapsed, half_life);
    if (halved.exponent > -1022 && halved.exponent < 1023) [[likely]]
        return amount * halved.mantissa *
               std::bit_cast<double>(static_cast<std::uint64_t>(1023 + halved.exponent) << 52);
    return std::ldexp(amount * halved.mantissa, static_cast<int>(halved.exponent < -beyond_double  ? -beyond_double
                                                                 : halved.exponent > beyond_double ? beyond_double
                                                                                                   : halved.exponent));
}

[[gnu::always_inline]] inline double power_of_half(Ticks elapsed, Ticks half_life) noexcept {
    return decayed_amount(1, elapsed, half_life);
}

} // namespace leadscore::core
