#pragma once

// What a fuzz target is: one input, of which every reader must make a valid value or a core::Error, nothing else.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

// Inputs to begin with, for the driver.
extern const std::string_view fuzz_seeds[];
extern const std::size_t fuzz_seed_count;

inline void require(bool holds) {
    if (!holds)
        std::abort();
}

// Runs a reader; true where it gave a value.
template <typename Read> bool reads(Read &&read) {
    try {
        read();
        return true;
    } catch (const leadscore::core::Error &error) {
        require(*error.what() != '\0');
        return false;
    }
}
