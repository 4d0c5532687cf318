#include <algorithm>

#include "core/decay_text.hpp"
#include "core/piece.hpp"
#include "support.hpp"

namespace leadscore::test {

using namespace core;

namespace {

// More boundaries than are looked for one by one.
constexpr const char *nine_steps = "step(1 day: 0.9, 2 days: 0.8, 3 days: 0.7, 4 days: 0.6, 5 days: 0.5, "
                                   "6 days: 0.4, 7 days: 0.3, 8 days: 0.2, 9 days: 0)";

constexpr const char *decays[] = {"none",
                                  "window(90 days)",
                                  "exponential(30 days)",
                                  "exponential(30 days, expire 90 days)",
                                  "exponential(30 days, hold 7 days)",
                                  "step(30 days: 0.5, 90 days: 0)",
                                  nine_steps,
                                  "step(every 30 days: 0.5)",
                                  "step(every 30 days: 1)",
                                  "step(every 12:00:00: 0.9, expire 20 days)",
                                  "linear(90 days)",
                                  "linear(90 days, hold 10 days)"};

bool holds(const std::vector<Period> &periods, Ticks occurred_at) {
    return std::any_of(periods.begin(), periods.end(),
                       [&](const Period &period) { return period.from <= occurred_at && occurred_at <= period.to; });
}

} // namespace

TEST(Piece, WhatChangesIsFoundByWhenItOccurred) {
    Random random(31);
    for (const char *text : decays) {
        const Decay decay = read_decay(text);
        int changed = 0;
        for (int i = 0; i < 3000; i++) {
            const Ticks since = random.between(-400, 400) * hour;
            const Ticks until = since + random.between(0, 60) * hour + random.between(0, 3);
            const auto periods = occurrences_of_changes(decay, since, until);
            // Beside a boundary as often as anywhere.
            const auto ages = decay.boundaries();
            const Ticks edge =
                ages.empty() ? 0 : ages[static_cast<size_t>(random.between(0, static_cast<Ticks>(ages.size()) - 1))];
            const Ticks occurred_at = random.chance(50) ? random.between(-150 * day, 20 * day)
                                                        : random.between(since - edge - 2, until - edge + 2);
            if (next_change(decay, occurred_at, since - 1) <= until) {
                changed++;
                EXPECT_TRUE(holds(periods, occurred_at)) << text << " " << since << " " << until << " " << occurred_at;
            }
        }
        EXPECT_GT(changed, 50) << text;
    }
}

TEST(Piece, PeriodsAreAscendingAndDoNotMeet) {
    Random random(32);
    for (const char *text : decays) {
        const Decay decay = read_decay(text);
        for (int i = 0; i < 200; i++) {
            const Ticks since = random.between(-400, 400) * day;
            const auto periods = occurrences_of_changes(decay, since, since + random.between(0, 200) * day);
            for (size_t n = 1; n < periods.size(); n++)
                EXPECT_GT(periods[n].from, periods[n - 1].to + 1) << text;
            EXPECT_EQ(periods.back().to, endless) << text;
            EXPECT_LE(periods.size(), 9U) << text;
        }
    }
}

TEST(Piece, NothingUnseenChangesBeforeTheNextLook) {
    Random random(33);
    for (const char *text : decays) {
        const Decay decay = read_decay(text);
        for (int i = 0; i < 3000; i++) {
            const Ticks since = random.between(-400, 400) * hour;
            const Ticks until = since + random.between(0, 60) * hour;
            const Ticks last = until - random.between(0, 120) * day;
            const Ticks occurred_at = last - random.between(0, 30) * day;
            const Ticks look = next_look(decay, last, until);
            EXPECT_GT(look, until);
            if (!holds(occurrences_of_changes(decay, since, until), occurred_at))
                EXPECT_GE(next_change(decay, occurred_at, until), look)
                    << text << " " << until - occurred_at << " " << look - until;
        }
    }
}

} // namespace leadscore::test
