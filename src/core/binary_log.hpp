#pragma once

// The binary logarithm of a double in integers. The C library's log2 gives other last bits on other processors, which
// would corrupt an index that is moved between them.

#include <cstdint>

namespace leadscore::core {

__extension__ typedef __int128 Wide;
__extension__ typedef unsigned __int128 UnsignedWide;

inline constexpr int log_fraction_bits = 60;

// log2(number) * 2^60 for a finite number above 0, right to 2^-58: a greater number never gives less, and gives more
// where the two differ at all.
Wide binary_log(double number) noexcept;

} // namespace leadscore::core
