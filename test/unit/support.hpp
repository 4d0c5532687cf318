#pragma once

// What the unit tests share: random values, and checks of errors.

#include <functional>
#include <optional>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/time.hpp"

namespace leadscore::test {

inline constexpr core::Ticks day = core::ticks_per_day;
inline constexpr core::Ticks hour = core::ticks_per_hour;

// The same numbers in every run: a failure can be repeated.
class Random {
public:
    explicit Random(unsigned seed) : engine_(seed) {}

    core::Ticks between(core::Ticks low, core::Ticks high) {
        return std::uniform_int_distribution<core::Ticks>(low, high)(engine_);
    }
    double number(double low, double high) { return std::uniform_real_distribution<double>(low, high)(engine_); }
    std::uint64_t bits() { return engine_(); }
    bool chance(int percent) { return between(1, 100) <= percent; }

private:
    std::mt19937_64 engine_;
};

// The error of a call, or nothing.
inline std::optional<core::Error> error_of(const std::function<void()> &call) {
    try {
        call();
    } catch (const core::Error &error) {
        return error;
    }
    return std::nullopt;
}

inline void expect_error(core::ErrorKind kind, const std::string &part_of_message, const std::function<void()> &call) {
    const auto error = error_of(call);
    ASSERT_TRUE(error) << "no error that says " << part_of_message;
    EXPECT_EQ(static_cast<int>(error->kind()), static_cast<int>(kind)) << error->what();
    EXPECT_NE(std::string(error->what()).find(part_of_message), std::string::npos) << error->what();
}

} // namespace leadscore::test
