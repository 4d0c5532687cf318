// What the inner loops of the core cost.

#include <algorithm>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/accumulators.hpp"
#include "core/decay_text.hpp"
#include "core/peak.hpp"
#include "core/score_order.hpp"
#include "core/score_text.hpp"

using namespace leadscore::core;

namespace {

constexpr Ticks now = 9821 * ticks_per_day;
constexpr Ticks month = 30 * ticks_per_day;

std::vector<Activity> activities(std::size_t count) {
    std::mt19937_64 engine(1);
    std::vector<Activity> result(count);
    for (Activity &activity : result)
        activity = {now - static_cast<Ticks>(engine() % (730 * static_cast<std::uint64_t>(ticks_per_day))),
                    static_cast<double>(engine() % 1000) / 7};
    return result;
}

void weigh(benchmark::State &state, const char *text) {
    const Decay decay = read_decay(text);
    std::vector<unsigned char> stored(decay.encoded_size());
    decay.encode(stored.data());
    const auto rows = activities(1024);
    std::size_t at = 0;
    SumState sum;
    while (state.KeepRunning()) {
        const Activity &row = rows[at++ % rows.size()];
        sum.add(row.points * DecayView(stored).weight(now - row.occurred_at));
    }
    benchmark::DoNotOptimize(sum.value());
}
BENCHMARK_CAPTURE(weigh, none, "none");
BENCHMARK_CAPTURE(weigh, exponential, "exponential(30 days)");
BENCHMARK_CAPTURE(weigh, step, "step(30 days: 0.5, 90 days: 0)");
BENCHMARK_CAPTURE(weigh, step_every, "step(every 30 days: 0.5)");

void add_to_score(benchmark::State &state) {
    const auto rows = activities(1024);
    std::size_t at = 0;
    ScoreSumState sum;
    while (state.KeepRunning()) {
        const Activity &row = rows[at++ % rows.size()];
        sum.add(row.points, row.occurred_at, month);
    }
    benchmark::DoNotOptimize(sum.value());
}
BENCHMARK(add_to_score);

void compare_scores(benchmark::State &state) {
    const auto rows = activities(1024);
    std::size_t at = 0;
    while (state.KeepRunning()) {
        const Activity &left = rows[at % rows.size()];
        const Activity &right = rows[(at + 1) % rows.size()];
        ++at;
        benchmark::DoNotOptimize(
            compare(Score(left.points, left.occurred_at, month), Score(right.points, right.occurred_at, month)));
    }
}
BENCHMARK(compare_scores);

void abbreviate_score(benchmark::State &state) {
    const auto rows = activities(1024);
    std::size_t at = 0;
    while (state.KeepRunning()) {
        const Activity &row = rows[at++ % rows.size()];
        benchmark::DoNotOptimize(abbreviated(Score(row.points, row.occurred_at, month)));
    }
}
BENCHMARK(abbreviate_score);

void find_peak(benchmark::State &state) {
    auto rows = activities(static_cast<std::size_t>(state.range(0)));
    std::sort(rows.begin(), rows.end(),
              [](const Activity &a, const Activity &b) { return a.occurred_at < b.occurred_at; });
    while (state.KeepRunning())
        benchmark::DoNotOptimize(peak_points(rows, month));
}
BENCHMARK(find_peak)->Arg(20'000)->Unit(benchmark::kMicrosecond);

void read_text(benchmark::State &state) {
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(read_decay("exponential(30 days, hold 7 days)"));
        benchmark::DoNotOptimize(read_score("57.3@2026-11-21T00:00:00Z/P30D"));
    }
}
BENCHMARK(read_text);

} // namespace
