// Text and binary input of score.

#include <cmath>
#include <iterator>

#include "core/score_order.hpp"
#include "core/score_text.hpp"
#include "input.hpp"

using namespace leadscore::core;

const std::string_view fuzz_seeds[] = {
    "57.3", "57.3@2026-11-21T00:00:00Z/P30D", "-1e-320@1400-01-01 00:00:00.000001+00/PT1S", "NaN@9999-12-31T23:59Z/P1W",
    std::string_view("\x01\x40\x24\x00\x00\x00\x00\x00\x00\x00\x03\x03\xa4\x87\x5a\x40\x00\x00\x00\x02\x5b\x7f\x3d\x40"
                     "\x00",
                     25)};
const std::size_t fuzz_seed_count = std::size(fuzz_seeds);

namespace {

void check(const Score &score) {
    require(!std::isinf(score.points()));
    const Score read = read_score(score_text(score));
    require(compare(read, score) == 0 && read.reference() == score.reference());
    unsigned char bytes[Score::encoded_size];
    score.encode(bytes);
    require(compare(Score::decode(bytes), score) == 0);
    require(abbreviated(read) == abbreviated(score));
    for (const Ticks at : {first_instant, score.reference(), last_instant})
        reads([&] { require(!std::isinf(score.value_at(at))); });
    reads([&] { score.cools_at(score.points() / 3); });
    reads([&] { require(compare(score + score, score * 2) == 0); });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const bool text = reads([&] { check(read_score({reinterpret_cast<const char *>(data), size})); });
    const bool binary = reads([&] { check(Score::decode({data, size})); });
    return text || binary ? 1 : 0;
}
