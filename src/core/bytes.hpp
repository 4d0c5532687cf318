#pragma once

// Numbers as bytes, most significant first: the form of stored and binary values, the same on every machine. Numbers
// that are not negative stand in this form in the order of their bytes.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace leadscore::core {

using Bytes = std::span<const unsigned char>;

inline std::uint64_t in_network_order(std::uint64_t bits) noexcept {
    if constexpr (std::endian::native == std::endian::little)
        return __builtin_bswap64(bits);
    return bits;
}

inline std::int64_t load_integer(const unsigned char *from) noexcept {
    std::uint64_t bits;
    std::memcpy(&bits, from, sizeof(bits));
    return static_cast<std::int64_t>(in_network_order(bits));
}

inline double load_number(const unsigned char *from) noexcept { return std::bit_cast<double>(load_integer(from)); }

inline unsigned char *store(unsigned char *to, std::int64_t value) noexcept {
    const std::uint64_t bits = in_network_order(static_cast<std::uint64_t>(value));
    std::memcpy(to, &bits, sizeof(bits));
    return to + sizeof(bits);
}

inline unsigned char *store(unsigned char *to, double value) noexcept {
    return store(to, std::bit_cast<std::int64_t>(value));
}

} // namespace leadscore::core
