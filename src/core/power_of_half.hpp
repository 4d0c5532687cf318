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

// For an exponent of 0 or more: 2^-exponent.
inline double power_of_half(double exponent) noexcept {
    // Beyond this the result is 0, and the integers below would not fit.
    if (!(exponent < 1100)) [[unlikely]]
        return std::isnan(exponent) ? exponent : 0;
    // The nearest multiple of 1/128: adding this number leaves it in the lower bits.
    constexpr double to_integer = 0x1.8p52;
    const double nearest = exponent * power_table_size + to_integer;
    const auto multiple = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(nearest) & 0xffffffff);
    const double rest = (nearest - to_integer) / power_table_size - exponent; // exact, at most 1/256
    const std::int64_t index = -multiple;
    const PowerOfTwo &power = power_table[index & (power_table_size - 1)];
    const std::int64_t whole = index >> power_table_bits;
    // 2^rest - 1, as the first terms of its series.
    const double square = rest * rest;
    const double series = 0x1.62e42fefa39efp-1 * rest + square * (0x1.ebfbdff82c58fp-3 + rest * 0x1.c6b08d704a0c0p-5) +
                          square * square * (0x1.3b2ab6fba4e77p-7 + rest * 0x1.5d87fe78a6731p-10);
    // Down there the product below would lose bits.
    if (whole < -1000) [[unlikely]]
        return std::ldexp(power.rounded + power.rounded * (power.lacks + series), static_cast<int>(whole));
    const auto exponent_bits = static_cast<std::uint64_t>(whole) << 52;
    const double scaled = std::bit_cast<double>(std::bit_cast<std::uint64_t>(power.rounded) + exponent_bits);
    return scaled + scaled * (power.lacks + series);
}

inline double power_of_half(Ticks elapsed, Ticks half_life) noexcept {
    return power_of_half(static_cast<double>(elapsed) / static_cast<double>(half_life));
}

} // namespace leadscore::core
