// Text and binary input of the aggregate states, and combining whatever they accept.

#include <iterator>

#include "core/accumulators.hpp"
#include "input.hpp"

using namespace leadscore::core;

const std::string_view fuzz_seeds[] = {"1 1 3 0 57.3 1e-17", "1 0 3 1 2.5 0 57.3 1e-17",
                                       "1 1 2 0 2592000000000 848534400000000 848534400000000 15 0",
                                       "1 1 2 1 0 0 0 15 0", "1 1 0 0 0 0"};
const std::size_t fuzz_seed_count = std::size(fuzz_seeds);

namespace {

template <typename State> void check(const State &state) {
    require(state_text(read_state<State>(state_text(state))) == state_text(state));
    unsigned char bytes[sizeof(State)];
    encode_state(state, bytes);
    require(state_text(decode_state<State>(Bytes(bytes))) == state_text(state));
    reads([&] {
        State sum;
        sum.add(state);
        sum.add(state);
        require(sum.rows == 2 * state.rows);
        if (sum.rows > 0)
            (void)sum.value();
    });
}

template <typename State> bool try_state(const std::uint8_t *data, std::size_t size) {
    const bool text = reads([&] { check(read_state<State>({reinterpret_cast<const char *>(data), size})); });
    const bool binary = reads([&] { check(decode_state<State>({data, size})); });
    return text || binary;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const bool sum = try_state<SumState>(data, size);
    const bool average = try_state<AverageState>(data, size);
    const bool score = try_state<ScoreSumState>(data, size);
    return sum || average || score ? 1 : 0;
}
