#include <array>
#include <bit>

#include "core/binary_log.hpp"

namespace leadscore::core {

namespace {

constexpr int mantissa_bits = 52;
constexpr int table_bits = 7;
constexpr int table_size = 1 << table_bits;
constexpr int reciprocal_bits = 16;

struct Entry {
    std::int64_t reciprocal; // of the middle of the interval, times 2^16
    std::int64_t log;        // -log2 of the reciprocal, times 2^60
};

// The upper half of the product of two numbers with 127 fraction bits, again with 127 fraction bits (below 4).
constexpr UnsignedWide square(UnsignedWide x) {
    const UnsignedWide high = x >> 64;
    const UnsignedWide low = x & ~std::uint64_t{0};
    const UnsignedWide middle = high * low;
    const UnsignedWide carry = ((low * low) >> 64) + 2 * (middle & ~std::uint64_t{0});
    return high * high + 2 * (middle >> 64) + (carry >> 64); // 126 fraction bits
}

// log2(x) * 2^60 for x in [2^15, 2^16], by squaring: each squaring gives one bit of the fraction.
constexpr Wide slow_log(std::int64_t x) {
    int whole = 0;
    while ((x >> (whole + 1)) != 0)
        ++whole;
    UnsignedWide mantissa = static_cast<UnsignedWide>(x) << (127 - whole); // in [1, 2), 127 fraction bits
    Wide log = whole;
    for (int bit = 0; bit < log_fraction_bits; ++bit) {
        mantissa = square(mantissa);
        log *= 2;
        if ((mantissa >> 127) != 0)
            log += 1;
        else
            mantissa <<= 1;
    }
    const bool next_bit = (square(mantissa) >> 127) != 0;
    return log + (next_bit ? 1 : 0);
}

constexpr std::array<Entry, table_size> make_table() {
    std::array<Entry, table_size> table{};
    for (int index = 0; index < table_size; ++index) {
        // 2^16 / ((table_size + index + 1/2) / table_size), rounded
        const std::int64_t denominator = 2 * (table_size + index) + 1;
        const std::int64_t numerator = std::int64_t{2} * table_size << reciprocal_bits;
        const std::int64_t reciprocal = (numerator + denominator / 2) / denominator;
        const Wide log = (static_cast<Wide>(reciprocal_bits) << log_fraction_bits) - slow_log(reciprocal);
        table[static_cast<std::size_t>(index)] = {reciprocal, static_cast<std::int64_t>(log)};
    }
    return table;
}

constexpr std::array<Entry, table_size> table = make_table();

// 1 / ln 2, times 2^62. The series log2(1 + z) = (z - z^2/2 + z^3/3 - ...) / ln 2 ends here at the seventh power:
// |z| < 2^-7.9, so what is left out is below 2^-65.
constexpr std::int64_t inverse_ln2 = 6653256548922161245;
constexpr int series_length = 7;
constexpr int z_bits = mantissa_bits + reciprocal_bits;

constexpr std::array<std::int64_t, series_length> make_coefficients() {
    std::array<std::int64_t, series_length> coefficients{};
    for (int power = 1; power <= series_length; ++power)
        coefficients[static_cast<std::size_t>(power - 1)] = (power % 2 == 1 ? inverse_ln2 : -inverse_ln2) / power;
    return coefficients;
}

constexpr std::array<std::int64_t, series_length> coefficients = make_coefficients();

// log2 of a mantissa in [2^52, 2^53), less 52, times 2^60.
std::int64_t log_of_mantissa(std::uint64_t mantissa) noexcept {
    const Entry &entry = table[(mantissa >> (mantissa_bits - table_bits)) & (table_size - 1)];
    const auto product = static_cast<Wide>(mantissa) * entry.reciprocal;
    const auto z = static_cast<std::int64_t>(product - (static_cast<Wide>(1) << z_bits)); // exact, below 2^61
    std::int64_t sum = coefficients[series_length - 1];
    for (int power = series_length - 1; power > 0; --power)
        sum = coefficients[static_cast<std::size_t>(power - 1)] +
              static_cast<std::int64_t>((static_cast<Wide>(sum) * z) >> z_bits);
    constexpr int excess = 62 + z_bits - log_fraction_bits;
    return entry.log + static_cast<std::int64_t>((static_cast<Wide>(sum) * z) >> excess);
}

} // namespace

Wide binary_log(double number) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(number);
    constexpr std::uint64_t fraction_mask = (std::uint64_t{1} << mantissa_bits) - 1;
    auto exponent = static_cast<int>(bits >> mantissa_bits) & 0x7ff;
    std::uint64_t mantissa = bits & fraction_mask;
    if (exponent != 0) {
        mantissa |= std::uint64_t{1} << mantissa_bits;
    } else {
        const int shift = std::countl_zero(mantissa) - (63 - mantissa_bits);
        mantissa <<= shift;
        exponent = 1 - shift;
    }
    constexpr int bias = 1023;
    return (static_cast<Wide>(exponent - bias) << log_fraction_bits) + log_of_mantissa(mantissa);
}

} // namespace leadscore::core
