#pragma once

// The order of scores. Scores of one half-life stand in the order of their points at any common instant, which never
// changes: log2|points| + reference / half-life. Comparing two values at a common instant in floating point is not
// transitive, so each value has an integer key of its own, and only keys are compared.

#include <cstdint>

#include "core/binary_log.hpp"
#include "core/score.hpp"

namespace leadscore::core {

struct ScoreKey {
    std::uint64_t half_life; // those that do not decay stand behind all others
    int sign;                // -1, 0, 1, and 2 for NaN, which stands last as in float8
    Wide magnitude;          // the logarithm at a fixed instant, times 2^60; negated for negative points

    friend bool operator==(const ScoreKey &, const ScoreKey &) = default;
};

ScoreKey key_of(const Score &score) noexcept;

// -1, 0 or 1.
int compare(const ScoreKey &left, const ScoreKey &right) noexcept;

inline int compare(const Score &left, const Score &right) noexcept { return compare(key_of(left), key_of(right)); }

// 64 bits in the order of the scores; equal for some scores that differ. Sorting compares these first.
std::uint64_t abbreviated(const Score &score) noexcept;

} // namespace leadscore::core
