#include <algorithm>
#include <cmath>

#include "core/decay_text.hpp"
#include "core/state.hpp"
#include "support.hpp"

namespace leadscore::test {

using namespace core;

namespace {

constexpr const char *decays[] = {"none",
                                  "window(9 days)",
                                  "exponential(3 days)",
                                  "exponential(3 days, expire 9 days)",
                                  "exponential(3 days, hold 1 day)",
                                  "step(3 days: 0.5, 9 days: 0)",
                                  "step(every 2 days: 0.5)",
                                  "linear(9 days)",
                                  "linear(9 days, hold 1 day)"};

struct Activity {
    Ticks occurred_at;
    double points;
};

long double sum_of(const Decay &decay, const std::vector<Activity> &activities, Ticks instant) {
    long double sum = 0;
    for (const Activity &activity : activities)
        sum += static_cast<long double>(activity.points) * decay.weight(instant - activity.occurred_at);
    return sum;
}

std::int64_t occurred(const std::vector<Activity> &activities, Ticks instant) {
    return std::count_if(activities.begin(), activities.end(),
                         [&](const Activity &activity) { return activity.occurred_at <= instant; });
}

double value_of(const Decay &decay, const State &state, Ticks instant) {
    const Ticks reference = state.reference != no_instant ? state.reference : state.last_activity_at;
    return reference == no_instant ? 0 : sum_after(decay, state.points, state.held, state.falling, instant - reference);
}

// An entity whose state is kept by merging; where that says nothing, it is made of all activities again.
struct Kept {
    Decay decay;
    std::vector<Activity> activities;
    State state;
    int recomputed = 0;

    void change(std::vector<Change> changes, Ticks instant) {
        if (state.next_change_at > instant) {
            const Merged merged = merge(decay, state, changes, instant);
            if (!merged.recompute) {
                state = merged.state;
                return;
            }
        }
        recomputed++;
        std::vector<Change> all;
        for (const Activity &activity : activities)
            all.push_back({activity.occurred_at, activity.points, 1, 1});
        const Merged merged = merge(decay, State{}, all, instant);
        ASSERT_FALSE(merged.recompute);
        state = merged.state;
    }
};

} // namespace

TEST(State, IsTheSumOfItsActivitiesUntilItsNextChange) {
    Random random(71);
    for (const char *text : decays) {
        int merged = 0;
        for (int entity = 0; entity < 40; entity++) {
            Kept kept{read_decay(text), {}, {}};
            Ticks now = 0;
            for (int turn = 0; turn < 60; turn++) {
                now += random.between(0, 10 * hour);
                std::vector<Change> changes;
                for (Ticks i = random.between(1, 4); i > 0; i--) {
                    if (!kept.activities.empty() && random.chance(20)) {
                        const auto gone =
                            kept.activities.begin() + random.between(0, static_cast<Ticks>(kept.activities.size()) - 1);
                        changes.push_back({gone->occurred_at, gone->points, -1, 1});
                        kept.activities.erase(gone);
                    } else {
                        const Activity came{now - random.between(-20 * hour, 12 * day), random.number(-5, 20)};
                        changes.push_back({came.occurred_at, came.points, 1, 1});
                        kept.activities.push_back(came);
                    }
                }
                const int before = kept.recomputed;
                kept.change(changes, now);
                merged += kept.recomputed == before;

                const Ticks last = std::min(kept.state.next_change_at - 1, now + 30 * day);
                for (const Ticks instant : {now, random.between(now, std::max(now, last))}) {
                    const auto expected = static_cast<double>(sum_of(kept.decay, kept.activities, instant));
                    EXPECT_NEAR(value_of(kept.decay, kept.state, instant), expected,
                                1e-9 * std::max(1.0, kept.state.magnitude))
                        << text << " at " << instant;
                }
                EXPECT_EQ(kept.state.activities, occurred(kept.activities, now)) << text;
            }
        }
        EXPECT_GT(merged, 300) << text;
    }
}

TEST(State, SaysWhereRoundingCouldShow) {
    const Decay decay = read_decay("exponential(30 days)");
    std::vector<Change> came{{0, 1e12, 1, 1}, {1, 0.5, 1, 1}};
    const Merged first = merge(decay, State{}, came, day);
    EXPECT_FALSE(first.recompute);
    std::vector<Change> went{{0, 1e12, -1, 1}};
    EXPECT_TRUE(merge(decay, first.state, went, day).recompute);
}

TEST(State, CannotSayWhatTheLastActivityIsOnceThatIsGone) {
    const Decay decay = read_decay("none");
    std::vector<Change> came{{1 * day, 1, 1, 1}, {2 * day, 1, 1, 1}};
    const Merged first = merge(decay, State{}, came, 3 * day);
    std::vector<Change> earlier{{1 * day, 1, -1, 1}};
    EXPECT_FALSE(merge(decay, first.state, earlier, 3 * day).recompute);
    std::vector<Change> last{{2 * day, 1, -1, 1}};
    EXPECT_TRUE(merge(decay, first.state, last, 3 * day).recompute);
}

TEST(State, OfPointsOfOneSignStoresNeitherMagnitudeNorError) {
    for (const char *text : {"none", "exponential(30 days)", "step(3 days: 0.5, 9 days: 0)"}) {
        for (const double points : {7.0, -7.0, 1e-300, 1e250}) {
            const Decay decay = read_decay(text);
            State state;
            for (int i = 1; i <= 50; i++) {
                std::vector<Change> came{{i * hour, points, 1, 1}, {i * hour - 1, points / 3, 1, 1}};
                const Merged merged = merge(decay, state, came, i * hour);
                EXPECT_FALSE(merged.recompute) << text;
                state = merged.state;
                EXPECT_TRUE(std::isnan(shortened(state).magnitude)) << text << ", " << points;
                EXPECT_TRUE(std::isnan(shortened(state).error)) << text << ", " << points;
            }
        }
    }
}

TEST(State, OfPointsOfBothSignsStoresItsMagnitude) {
    std::vector<Change> came{{0, 1e6, 1, 1}, {1, -0.001, 1, 1}};
    const State state = shortened(merge(read_decay("none"), State{}, came, day).state);
    EXPECT_DOUBLE_EQ(state.magnitude, 1e6 + 0.001);
    EXPECT_TRUE(std::isnan(state.error));
}

TEST(State, StoresAnErrorThatItsActivitiesDoNotExplain) {
    const Decay decay = read_decay("none");
    std::vector<Change> came{{0, 100, 1, 1}, {1, 100, 1, 1}};
    State state = merge(decay, State{}, came, day).state;
    EXPECT_TRUE(std::isnan(shortened(state).error));
    // The points of an activity are changed again and again.
    double bound = state.error;
    for (int i = 0; i < 20; i++) {
        std::vector<Change> changed{{0, 100.0 + i, -1, 1}, {0, 101.0 + i, 1, 1}};
        const Merged merged = merge(decay, state, changed, day);
        ASSERT_FALSE(merged.recompute);
        EXPECT_GE(merged.state.error, bound + 1e-15 * state.magnitude);
        bound = merged.state.error;
        state = completed(shortened(merged.state));
        EXPECT_EQ(state.error, bound);
    }
    EXPECT_FALSE(std::isnan(shortened(state).error));
}

// Whatever a state does not store, what is read is no smaller than what it was, and too little to send a reader to the
// rows.
TEST(State, IsStoredWithoutLosingOfItsError) {
    Random random(72);
    for (int i = 0; i < 20000; i++) {
        State state;
        state.points = random.number(-1, 1) * std::pow(10, random.number(-150, 100));
        state.held = random.chance(30) ? state.points * random.number(-2, 2) : 0;
        state.activities = random.between(0, 200000);
        state.magnitude = std::fabs(state.points + state.held) *
                          (random.chance(50) ? 1 + random.number(0, 2e-12) : random.number(1, 10));
        state.error = state.magnitude * std::pow(10, random.number(-16, -9));
        const State brief = shortened(state);
        const State read = completed(brief);
        EXPECT_GE(read.error, state.error);
        EXPECT_NEAR(read.magnitude, state.magnitude, 2e-12 * state.magnitude);
        if (std::isnan(brief.error)) {
            EXPECT_LE(error_when_read(read), 2e-11 * read.magnitude);
        } else {
            EXPECT_EQ(read.error, state.error);
        }
    }
}

// As a fold does it: from the rows come the activities of some periods, also those that are not in the state yet, and
// those are taken off again.
TEST(State, IsBroughtOverTheBoundariesThatItsActivitiesPass) {
    Random random(73);
    for (const char *text : decays) {
        const Decay decay = read_decay(text);
        int corrected = 0;
        for (int entity = 0; entity < 60; entity++) {
            std::vector<Activity> activities;
            std::vector<Activity> pending;
            std::vector<Change> all;
            for (Ticks i = random.between(1, 12); i > 0; i--) {
                const Activity activity{-random.between(-6 * day, 12 * day), random.number(-5, 20)};
                activities.push_back(activity);
                all.push_back({activity.occurred_at, activity.points, 1, 1});
            }
            if (random.chance(30))
                pending.push_back({-random.between(0, 9 * day), random.number(1, 5)});
            State state = merge(decay, State{}, all, 0).state;
            for (Ticks now = 0; now < 25 * day; now += random.between(1, 60 * hour)) {
                if (state.next_change_at > now)
                    continue;
                std::vector<Change> passing;
                for (const Period &period : occurrences_of_changes(decay, state.next_change_at, now)) {
                    auto take = [&](const Activity &activity, int sign) {
                        if (activity.occurred_at >= period.from && activity.occurred_at <= period.to)
                            passing.push_back({activity.occurred_at, activity.points, sign, 1});
                    };
                    for (const Activity &activity : activities)
                        take(activity, 1);
                    for (const Activity &activity : pending) {
                        take(activity, 1);
                        take(activity, -1);
                    }
                }
                const Merged merged = correct(decay, state, passing, now);
                if (merged.recompute) {
                    state = merge(decay, State{}, all, now).state;
                    continue;
                }
                corrected++;
                state = merged.state;
                EXPECT_GT(state.next_change_at, now) << text;
                EXPECT_EQ(state.activities, occurred(activities, now)) << text;
                const Ticks last = std::min(state.next_change_at - 1, now + 30 * day);
                for (const Ticks instant : {now, random.between(now, std::max(now, last))}) {
                    const auto expected = static_cast<double>(sum_of(decay, activities, instant));
                    EXPECT_NEAR(value_of(decay, state, instant), expected, 1e-9 * std::max(1.0, state.magnitude))
                        << text << " at " << instant;
                }
            }
        }
        EXPECT_GT(corrected, 60) << text;
    }
}

TEST(State, ThatIsOfALaterInstantCannotBeCorrected) {
    const Decay decay = read_decay("window(9 days)");
    std::vector<Change> came{{0, 5, 1, 1}};
    const State state = merge(decay, State{}, came, 2 * day).state;
    std::vector<Change> none;
    EXPECT_TRUE(correct(decay, state, none, day).recompute);
    EXPECT_FALSE(correct(decay, state, came, 10 * day).recompute);
    EXPECT_EQ(correct(decay, state, came, 10 * day).state.points, 0);
}

TEST(State, OfTheFutureCountsFromItsTimeOn) {
    const Decay decay = read_decay("exponential(30 days)");
    std::vector<Change> planned{{5 * day, 7, 1, 1}};
    const Merged merged = merge(decay, State{}, planned, 3 * day);
    EXPECT_FALSE(merged.recompute);
    EXPECT_EQ(merged.state.next_change_at, 5 * day);
    EXPECT_EQ(merged.state.last_activity_at, no_instant);
    EXPECT_EQ(merged.state.activities, 0);
}

} // namespace leadscore::test
