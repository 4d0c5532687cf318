// Text and binary input of decay, and the two readers of its stored form.

#include <iterator>
#include <vector>

#include "core/decay_text.hpp"
#include "input.hpp"

using namespace leadscore::core;

const std::string_view fuzz_seeds[] = {
    "none",
    "window(90 days)",
    "exponential(30 days, hold 7 days, expire 90 days)",
    "step(30 days: 0.5, 90 days: 0)",
    "step(every 36:00:00.5: 0.5, expire 90 days)",
    "linear(1 day 02:03:04.000005)",
    std::string_view("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                     "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
                     34),
    std::string_view("\x01\x02\x00\x00\x02\x5b\x7f\x3d\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                     "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
                     34)};
const std::size_t fuzz_seed_count = std::size(fuzz_seeds);

namespace {

void check(const Decay &decay) {
    require(read_decay(decay_text(decay)) == decay);
    std::vector<unsigned char> bytes(decay.encoded_size());
    decay.encode(bytes.data());
    require(Decay::decode(bytes) == decay);
    const DecayView view(bytes);
    Ticks ages[] = {-1, 0, 1, decay.curve().span, decay.curve().span + 1, longest_span, last_instant - first_instant};
    for (const Ticks age : ages) {
        const double weight = decay.weight(age);
        require(weight >= 0 && weight == view.weight(age));
    }
    if (const auto last = decay.vanishes_after())
        require(decay.weight(*last + 1) == 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const bool text = reads([&] { check(read_decay({reinterpret_cast<const char *>(data), size})); });
    const bool binary = reads([&] { check(Decay::decode({data, size})); });
    return text || binary ? 1 : 0;
}
