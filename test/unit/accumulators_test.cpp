#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/accumulators.hpp"
#include "core/decay_text.hpp"
#include "core/peak.hpp"
#include "core/score_text.hpp"
#include "support.hpp"

namespace leadscore::test {

using namespace core;

namespace {

constexpr Ticks t0 = 9821 * day;
constexpr Ticks month = 30 * day;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Row {
    double points;
    Ticks at;
};

std::vector<Row> random_rows(Random &random, std::size_t count) {
    std::vector<Row> rows(count);
    for (Row &row : rows)
        row = {random.chance(20) ? static_cast<double>(random.between(-20, 20)) : random.number(-20, 20),
               t0 - random.between(0, 400 * day)};
    return rows;
}

template <typename State> void expect_survives(const State &state) {
    const State read = read_state<State>(state_text(state));
    EXPECT_EQ(state_text(read), state_text(state));
    unsigned char bytes[sizeof(State)];
    encode_state(state, bytes);
    EXPECT_EQ(state_text(decode_state<State>(bytes)), state_text(state));
}

// All closed intervals that begin or end at an activity or just beside one.
double peak_by_trying(const std::vector<Activity> &activities, Ticks length) {
    std::vector<Ticks> doubled; // twice the begin, so that there is room between two instants
    for (const Activity &activity : activities)
        for (const Ticks at : {2 * activity.occurred_at, 2 * (activity.occurred_at - length)})
            for (Ticks beside = -1; beside <= 1; ++beside)
                doubled.push_back(at + beside);
    double peak = -infinity;
    for (const Ticks begin : doubled) {
        double total = 0;
        bool any = false;
        for (const Activity &activity : activities)
            if (2 * activity.occurred_at >= begin && 2 * activity.occurred_at <= begin + 2 * length) {
                total += activity.points;
                any = true;
            }
        if (any)
            peak = std::max(peak, total);
    }
    return peak;
}

} // namespace

TEST(ExactSum, IsRightWhereAPlainSumIsNot) {
    ExactSum sum;
    for (const double term : {1e16, 1.0, -1e16, 1e-3})
        sum.add(term);
    EXPECT_EQ(sum.value(), 1.001);
    EXPECT_TRUE(sum.exact);
    sum.add(1e300);
    EXPECT_FALSE(sum.exact);
    EXPECT_FALSE(sum.remove(1e300));
    expect_error(ErrorKind::out_of_range, "out of range", [] {
        ExactSum large;
        large.add(1e308);
        large.add(1e308);
    });
}

TEST(SumState, SlidesExactly) {
    Random random(20);
    const Decay decay = read_decay("exponential(30 days)");
    const auto rows = random_rows(random, 5'000);
    SumState state;
    std::size_t restarts = 0;
    constexpr std::size_t frame = 50;
    for (std::size_t end = 0; end < rows.size(); ++end) {
        const auto contribution = [&](std::size_t at) { return rows[at].points * decay.weight(t0 - rows[at].at); };
        bool removed = true;
        if (end >= frame)
            removed = state.remove(contribution(end - frame));
        if (removed) {
            state.add(contribution(end));
        } else {
            ++restarts;
            state = SumState();
            for (std::size_t at = end - frame + 1; at <= end; ++at)
                state.add(contribution(at));
        }
        long double expected = 0;
        for (std::size_t at = end < frame ? 0 : end - frame + 1; at <= end; ++at)
            expected += static_cast<long double>(contribution(at));
        EXPECT_NEAR(state.value(), static_cast<double>(expected), 1e-14);
        EXPECT_EQ(state.rows, static_cast<std::int64_t>(std::min(end + 1, frame)));
    }
    EXPECT_LT(restarts, rows.size() / 4);
    expect_survives(state);
}

TEST(SumState, NotANumberCanLeave) {
    SumState state;
    state.add(1);
    state.add(nan);
    EXPECT_TRUE(std::isnan(state.value()));
    EXPECT_TRUE(state.remove(nan));
    EXPECT_EQ(state.value(), 1);
    expect_error(ErrorKind::out_of_range, "finite", [&] { state.add(infinity); });
    AverageState average;
    average.add(nan, 1);
    average.add(3, 1);
    EXPECT_TRUE(std::isnan(*average.value()));
    EXPECT_TRUE(average.remove(nan, 1));
    EXPECT_EQ(average.value(), 3);
    EXPECT_FALSE(AverageState().value());
    expect_survives(average);
}

TEST(SumState, ExactSumsDoNotDependOnTheOrder) {
    Random random(21);
    auto rows = random_rows(random, 1'000);
    const auto sum = [&] {
        SumState state;
        for (const Row &row : rows)
            state.add(row.points);
        EXPECT_EQ(state.exact, 1);
        return state.value();
    };
    const double forward = sum();
    std::reverse(rows.begin(), rows.end());
    EXPECT_EQ(sum(), forward);
}

TEST(ScoreSumState, AddsUpLikeLongDouble) {
    Random random(22);
    for (int round = 0; round < 300; ++round) {
        const auto rows = random_rows(random, static_cast<std::size_t>(random.between(1, 200)));
        ScoreSumState whole;
        ScoreSumState parts[3];
        long double expected = 0;
        long double size = 0;
        for (std::size_t at = 0; at < rows.size(); ++at) {
            whole.add(rows[at].points, rows[at].at, month);
            parts[at % 3].add(rows[at].points, rows[at].at, month);
            const long double value =
                rows[at].points * exp2l(-static_cast<long double>(t0 - rows[at].at) / static_cast<long double>(month));
            expected += value;
            size += fabsl(value);
        }
        ScoreSumState combined;
        for (const ScoreSumState &part : parts) {
            combined.add(part);
            expect_survives(part);
        }
        const auto tolerance = static_cast<double>(size) * 1e-15;
        EXPECT_NEAR(whole.value().value_at(t0), static_cast<double>(expected), tolerance);
        EXPECT_NEAR(combined.value().value_at(t0), static_cast<double>(expected), tolerance);
        EXPECT_EQ(combined.value().reference(), whole.value().reference());
        EXPECT_EQ(combined.rows, whole.rows);
        expect_survives(whole);
    }
}

TEST(ScoreSumState, SlidesExactly) {
    Random random(23);
    auto rows = random_rows(random, 3'000);
    std::sort(rows.begin(), rows.end(), [](const Row &a, const Row &b) { return a.at < b.at; });
    ScoreSumState state;
    std::size_t restarts = 0;
    constexpr std::size_t frame = 40;
    for (std::size_t end = 0; end < rows.size(); ++end) {
        state.add(rows[end].points, rows[end].at, month);
        if (end >= frame && !state.remove(rows[end - frame].points, rows[end - frame].at, month)) {
            ++restarts;
            state = ScoreSumState();
            for (std::size_t at = end - frame + 1; at <= end; ++at)
                state.add(rows[at].points, rows[at].at, month);
        }
        long double expected = 0;
        for (std::size_t at = end < frame ? 0 : end - frame + 1; at <= end; ++at)
            expected += rows[at].points *
                        exp2l(-static_cast<long double>(rows[end].at - rows[at].at) / static_cast<long double>(month));
        EXPECT_NEAR(state.value().value_at(rows[end].at), static_cast<double>(expected), 1e-12);
        EXPECT_EQ(state.value().reference(), rows[end].at);
    }
    EXPECT_LT(restarts, rows.size() / 4);
}

TEST(ScoreSumState, KeepsRoundValues) {
    ScoreSumState state;
    state.add(10, t0, month);
    EXPECT_EQ(score_text(state.value()), "10@2026-11-21T00:00:00Z/P30D");
    state.add(5, t0, month);
    state.add(1, t0 + month, month);
    EXPECT_EQ(score_text(state.value()), "8.5@2026-12-21T00:00:00Z/P30D");
    state.add(0, t0 + 3 * month, month);
    EXPECT_EQ(score_text(state.value()), "2.125@2027-02-19T00:00:00Z/P30D");
    expect_error(ErrorKind::mismatch, "30 days and 1 day", [&] { state.add(1, t0, day); });
    ScoreSumState other;
    other.add(1, t0, day);
    expect_error(ErrorKind::mismatch, "30 days and 1 day", [&] { state.add(other); });
    other = {};
    other.add(1, 0, no_half_life);
    expect_error(ErrorKind::mismatch, "30 days and none", [&] { state.add(other); });
    ScoreSumState far;
    far.add(1, first_instant, ticks_per_second);
    far.add(1, last_instant, ticks_per_second);
    EXPECT_EQ(far.value().points(), 1);
    expect_survives(far);
}

TEST(States, RefuseMalformedInput) {
    using enum ErrorKind;
    for (const char *text : {"", "1", "1 1 1 0 5", "1 1 1 0 5 0 0", "x 1 1 0 5 0", "1 1 1 0 x 0", "2 1 1 0 5 0",
                             "1 2 1 0 5 0", "1 1 -1 0 5 0", "1 1 1 2 5 0", "1 1 1 0 inf 0", "1 1 1 0 nan 0",
                             "1 1 0 0 5 0", "1 1 9223372036854775807 0 5 0", "1 1 1 0 1e308 1e308"})
        expect_error(invalid_text, "invalid decayed_sum_state", [&] { read_state<SumState>(text); });
    EXPECT_EQ(read_state<SumState>(" 1 1 1 0 5 0 ").value(), 5);
    expect_error(invalid_text, "negative weight", [] { read_state<AverageState>("1 1 1 0 -5 0 0 0"); });
    for (const char *text :
         {"1 1 1 0 5 0 0 1 0", "1 1 1 0 2592000000000 0 1 5 0", "1 1 0 0 2592000000000 0 0 0 0",
          "1 1 1 0 1000000 9223372036854775807 0 5 0", "1 1 1 0 1000000 999000000000000000 999000000000000000 5 0"})
        expect_error(invalid_text, "invalid score_sum_state", [&] { read_state<ScoreSumState>(text); });
    unsigned char bytes[sizeof(SumState)] = {};
    expect_error(invalid_binary, "version 0 is unknown", [&] { decode_state<SumState>(bytes); });
    expect_error(invalid_binary, "number of bytes", [&] { decode_state<SumState>(Bytes(bytes, 5)); });
}

TEST(Peak, AgreesWithTryingAllIntervals) {
    Random random(24);
    for (int round = 0; round < 3'000; ++round) {
        std::vector<Activity> activities(static_cast<std::size_t>(random.between(1, 25)));
        for (Activity &activity : activities)
            activity = {random.between(0, 40), static_cast<double>(random.between(-9, 9))};
        std::sort(activities.begin(), activities.end(),
                  [](const Activity &a, const Activity &b) { return a.occurred_at < b.occurred_at; });
        const Ticks length = random.between(1, 15);
        EXPECT_EQ(*peak_points(activities, length), peak_by_trying(activities, length));
    }
}

TEST(Peak, KnowsItsEdges) {
    EXPECT_FALSE(peak_points({}, day));
    const Activity one[] = {{t0, -3}};
    EXPECT_EQ(peak_points(one, day), -3); // an interval holds at least one activity
    const Activity exactly[] = {{t0, 1}, {t0 + day, 2}};
    EXPECT_EQ(peak_points(exactly, day), 3);
    EXPECT_EQ(peak_points(exactly, day - 1), 2);
    // An interval may end between two activities that stand one microsecond apart.
    const Activity close[] = {{t0, 5}, {t0 + 1, -9}};
    EXPECT_EQ(peak_points(close, day), 5);
    // One huge activity leaves no error behind it.
    const Activity huge[] = {{t0, 1e300}, {t0 + 10 * day, 0.1}, {t0 + 11 * day, 0.2}, {t0 + 20 * day, -1e300}};
    EXPECT_EQ(peak_points(std::span(huge).subspan(1), day), 0.1 + 0.2);
    EXPECT_EQ(peak_points(huge, day), 1e300);
}

} // namespace leadscore::test
