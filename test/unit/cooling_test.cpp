#include <cmath>
#include <optional>
#include <vector>

#include "core/cooling.hpp"
#include "core/decay_text.hpp"
#include "core/piece.hpp"
#include "support.hpp"

namespace leadscore::test {

using namespace core;

namespace {

// Spans of a few ticks, so that every tick can be looked at.
Decay small_decay(Random &random) {
    Curve curve;
    std::vector<Step> steps;
    curve.kind = static_cast<DecayKind>(random.between(0, 5));
    if (curve.kind == DecayKind::step_every) // which wants hours
        curve.kind = DecayKind::exponential;
    if (curve.kind == DecayKind::none)
        return Decay(curve);
    if (curve.kind == DecayKind::step) {
        Ticks age = 0;
        for (auto count = random.between(1, 4); count > 0; --count) {
            age += random.between(1, 60);
            steps.push_back({age, random.chance(30) ? 0 : random.number(0, 2)});
        }
    } else {
        curve.span = random.between(1, 150);
    }
    if (random.chance(40))
        curve.hold = random.between(1, 50);
    if (curve.kind == DecayKind::exponential && random.chance(40))
        curve.expire = curve.hold + random.between(1, 300);
    return Decay(curve, steps);
}

long double sum_at(const std::vector<DecayingPoints> &all, Ticks instant) {
    long double sum = 0;
    for (const DecayingPoints &one : all)
        sum += static_cast<long double>(one.points) * one.decay->weight(instant - one.occurred_at);
    return sum;
}

// By looking at every tick.
std::optional<Ticks> first_by_force(const std::vector<DecayingPoints> &all, Ticks now, Ticks until, double threshold) {
    for (Ticks instant = now; instant <= until; ++instant)
        if (sum_at(all, instant) <= threshold)
            return instant;
    return std::nullopt;
}

std::optional<Ticks> one_falls_to(const char *decay, double points, Ticks occurred_at, Ticks now, double threshold) {
    const Decay parsed = read_decay(decay);
    const DecayingPoints one{points, occurred_at, &parsed};
    return falls_to({&one, 1}, now, threshold);
}

} // namespace

TEST(Cooling, AgreesWithLookingAtEveryTick) {
    Random random(54506);
    int found = 0;
    int never = 0;
    int later_than_now = 0;
    for (int round = 0; round < 4000; ++round) {
        std::vector<Decay> decays;
        for (auto count = random.between(1, 4); count > 0; --count)
            decays.push_back(small_decay(random));
        std::vector<DecayingPoints> all;
        for (auto count = random.between(0, 12); count > 0; --count)
            all.push_back(
                {random.number(-6, 10), random.between(-200, 200),
                 &decays[static_cast<std::size_t>(random.between(0, static_cast<Ticks>(decays.size()) - 1))]});
        const double threshold = random.number(-5, 15);
        const Ticks now = random.between(-50, 50);
        // All that changes has changed by then, and what fades has faded.
        const auto expected = first_by_force(all, now, 4500, threshold);
        const auto actual = falls_to(all, now, threshold);
        ASSERT_EQ(expected.has_value(), actual.has_value()) << "round " << round;
        if (expected) {
            ASSERT_EQ(*expected, *actual) << "round " << round;
            later_than_now += *expected > now ? 1 : 0;
        }
        ++(expected ? found : never);
    }
    // Otherwise this would show nothing.
    EXPECT_GT(later_than_now, 500);
    EXPECT_GT(found, 1000);
    EXPECT_GT(never, 300);
}

TEST(Cooling, FindsADipBetweenTwoHalfLives) {
    const Decay slow = read_decay("exponential(100 days)");
    const Decay fast = read_decay("exponential(1 day)");
    // 10 and -9.5 of the fast one: it rises from 0.5 to its top and falls then, past 0.5 again.
    const std::vector<DecayingPoints> hump = {{10, 0, &slow}, {-9.5, 0, &fast}};
    const auto cooled = falls_to(hump, 1, 0.5);
    ASSERT_TRUE(cooled);
    EXPECT_LE(sum_at(hump, *cooled), 0.5L);
    EXPECT_GT(sum_at(hump, *cooled - 1), 0.5L);
    EXPECT_NEAR(static_cast<double>(*cooled), 100 * std::log2(20) * static_cast<double>(day), 1e6);
    // The other way round it falls below, into a dip, and comes back.
    const std::vector<DecayingPoints> dip = {{-10, 0, &slow}, {12, 0, &fast}, {9.9, 0, &slow}, {1, 0, &slow}};
    const auto dipped = falls_to(dip, 0, 1);
    ASSERT_TRUE(dipped);
    EXPECT_LE(sum_at(dip, *dipped), 1.0L);
    EXPECT_GT(sum_at(dip, *dipped - 1), 1.0L);
}

TEST(Cooling, IsExactAtBoundaries) {
    EXPECT_EQ(one_falls_to("exponential(30 days)", 10, 0, 0, 2.5), 60 * day);
    EXPECT_EQ(one_falls_to("window(90 days)", 10, 0, 0, 9), 90 * day + 1);
    EXPECT_EQ(one_falls_to("step(30 days: 0.5, 90 days: 0)", 10, 0, 0, 5), 30 * day + 1);
    EXPECT_EQ(one_falls_to("step(every 30 days: 0.5)", 10, 0, 0, 2.5), 60 * day + 1);
    EXPECT_EQ(one_falls_to("linear(90 days)", 9, 0, 0, 0), 90 * day);
    EXPECT_EQ(one_falls_to("linear(90 days)", 9, 0, 0, 3), 60 * day);
    EXPECT_EQ(one_falls_to("exponential(30 days, hold 7 days)", 10, 0, 0, 5), 37 * day);
    EXPECT_EQ(one_falls_to("exponential(30 days, expire 90 days)", 10, 0, 0, 1), 90 * day + 1);
    // Negative points of the future bring it down, positive ones are waited for.
    EXPECT_EQ(one_falls_to("none", -10, 5 * day, 0, -1), 5 * day);
    EXPECT_EQ(one_falls_to("none", 10, 5 * day, 0, 0), 0);
    EXPECT_EQ(one_falls_to("window(1 day)", 10, 5 * day, 5 * day, 0), 6 * day + 1);
}

TEST(Cooling, WhatOnlyFadesNeverReachesWhatItFadesTo) {
    EXPECT_EQ(one_falls_to("none", 10, 0, 0, 9), std::nullopt);
    EXPECT_EQ(one_falls_to("exponential(30 days)", 10, 0, 0, 0), std::nullopt);
    EXPECT_EQ(one_falls_to("exponential(30 days)", 10, 0, 0, -1), std::nullopt);
    EXPECT_EQ(one_falls_to("step(every 1 day: 1)", 10, 0, 0, 9), std::nullopt);
    EXPECT_EQ(falls_to({}, 5, -1), std::nullopt);
    EXPECT_EQ(falls_to({}, 5, 0), 5);
    const Decay exponential = read_decay("exponential(30 days)");
    const Decay none = read_decay("none");
    const std::vector<DecayingPoints> both = {{10, 0, &exponential}, {5, 0, &none}};
    EXPECT_EQ(falls_to(both, 0, 5), std::nullopt);
    EXPECT_TRUE(falls_to(both, 0, 5.001));
    // Beyond the calendar is never, too.
    EXPECT_EQ(one_falls_to("exponential(2900000 days)", 10, 0, 0, 4), std::nullopt);
}

TEST(Cooling, ManyActivitiesAreWalkedOnce) {
    Random random(7);
    const Decay every = read_decay("step(every 1 day: 0.9)");
    const Decay window = read_decay("window(90 days)");
    std::vector<DecayingPoints> all;
    all.reserve(100'000);
    for (int number = 0; number < 100'000; ++number)
        all.push_back({random.number(0, 2), -random.between(0, 80 * day), number % 3 == 0 ? &every : &window});
    const auto cooled = falls_to(all, 0, 10);
    ASSERT_TRUE(cooled);
    EXPECT_LE(sum_at(all, *cooled), 10.0L);
    EXPECT_GT(sum_at(all, *cooled - 1), 10.0L);
}

TEST(Piece, AFactorOfOneStepsNowhere) {
    EXPECT_EQ(piece_at(read_decay("step(every 1 day: 1)"), 5 * day).until, endless);
    EXPECT_EQ(piece_at(read_decay("step(every 1 day: 1, expire 9 days)"), 5 * day).until, 9 * day);
    EXPECT_EQ(piece_at(read_decay("step(every 1 day: 0.5)"), 5 * day).until, 5 * day);
}

} // namespace leadscore::test
