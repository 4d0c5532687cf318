#include <algorithm>
#include <cmath>
#include <limits>
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

long double clamped_sum_at(const std::vector<DecayingPoints> &all, const std::vector<ClampedSum> &sums, Ticks instant) {
    std::vector<long double> totals(sums.size(), 0);
    for (const DecayingPoints &one : all)
        totals[one.sum] += static_cast<long double>(one.points) * one.decay->weight(instant - one.occurred_at);
    for (std::size_t sum = sums.size(); sum-- > 0;) {
        totals[sum] = std::min<long double>(std::max<long double>(totals[sum], sums[sum].least), sums[sum].most);
        if (sum > 0)
            totals[sums[sum].part_of] += totals[sum];
    }
    return totals[0];
}

// By looking at every tick.
std::optional<Ticks> first_by_force(const std::vector<DecayingPoints> &all, Ticks now, Ticks until, double threshold,
                                    const std::vector<ClampedSum> &sums = std::vector<ClampedSum>(1)) {
    for (Ticks instant = now; instant <= until; ++instant)
        if (clamped_sum_at(all, sums, instant) <= threshold)
            return instant;
    return std::nullopt;
}

// Sums of sums of sums, most of them with limits.
std::vector<ClampedSum> random_sums(Random &random) {
    std::vector<ClampedSum> sums(static_cast<std::size_t>(random.between(1, 7)));
    for (std::size_t number = 0; number < sums.size(); ++number) {
        ClampedSum &sum = sums[number];
        sum.part_of = static_cast<std::size_t>(random.between(0, std::max<Ticks>(static_cast<Ticks>(number) - 1, 0)));
        if (random.chance(50))
            sum.least = random.chance(30) ? 0 : random.number(-10, 5);
        if (random.chance(60))
            sum.most = random.chance(20) ? 0 : random.number(-2, 12);
        if (sum.least > sum.most)
            std::swap(sum.least, sum.most);
    }
    return sums;
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

TEST(Cooling, AgreesWithLookingAtEveryTickWhereSumsAreClamped) {
    Random random(54512);
    int found = 0;
    int never = 0;
    int later_than_now = 0;
    int otherwise_than_plain = 0;
    for (int round = 0; round < 4000; ++round) {
        std::vector<Decay> decays;
        for (auto count = random.between(1, 4); count > 0; --count)
            decays.push_back(small_decay(random));
        const std::vector<ClampedSum> sums = random_sums(random);
        std::vector<DecayingPoints> all;
        for (auto count = random.between(0, 24); count > 0; --count)
            all.push_back({random.number(-6, 10), random.between(-200, 200),
                           &decays[static_cast<std::size_t>(random.between(0, static_cast<Ticks>(decays.size()) - 1))],
                           static_cast<std::size_t>(random.between(0, static_cast<Ticks>(sums.size()) - 1))});
        // Also at a limit, which is reached and not only come near to.
        const double limit = random.chance(50) ? sums[0].least : sums[0].most;
        const double threshold = random.chance(15) && std::isfinite(limit) ? limit : random.number(-5, 15);
        const Ticks now = random.between(-50, 50);
        const auto expected = first_by_force(all, now, 4500, threshold, sums);
        const auto actual = falls_to(all, now, threshold, sums);
        ASSERT_EQ(expected.has_value(), actual.has_value()) << "round " << round;
        if (expected) {
            ASSERT_EQ(*expected, *actual) << "round " << round;
            later_than_now += *expected > now ? 1 : 0;
        }
        ++(expected ? found : never);
        otherwise_than_plain += falls_to(all, now, threshold) != actual ? 1 : 0;
    }
    // Otherwise this would show nothing.
    EXPECT_GT(later_than_now, 300);
    EXPECT_GT(found, 1000);
    EXPECT_GT(never, 300);
    EXPECT_GT(otherwise_than_plain, 500);
}

TEST(Cooling, LimitsDelayAndForbid) {
    const Decay exponential = read_decay("exponential(30 days)");
    const std::vector<DecayingPoints> one = {{40, 0, &exponential}};
    const auto cools_between = [&](double least, double most, double threshold) {
        const ClampedSum sum{0, least, most};
        return falls_to(one, 0, threshold, {&sum, 1});
    };
    const double none = std::numeric_limits<double>::infinity();
    // 40, 20, 10, 5, … of which 20 at most count: below the limit it is what it was.
    EXPECT_EQ(cools_between(-none, 20, 10), 60 * day);
    EXPECT_EQ(cools_between(-none, 20, 20), 0);
    EXPECT_EQ(cools_between(-none, 10, 20), 0);
    // It never goes below 5, and comes there when it would pass it.
    EXPECT_EQ(cools_between(5, none, 5), 90 * day);
    EXPECT_EQ(cools_between(5, 20, 5), 90 * day);
    EXPECT_EQ(cools_between(5, none, 4.999), std::nullopt);
    EXPECT_EQ(cools_between(0, none, 0), std::nullopt);
    EXPECT_EQ(cools_between(50, none, 49), std::nullopt);
    EXPECT_EQ(cools_between(50, none, 50), 0);
}

TEST(Cooling, PartsCancelOutBelowTheirLimits) {
    const Decay exponential = read_decay("exponential(30 days)");
    const Decay window = read_decay("window(10 days)");
    const double none = std::numeric_limits<double>::infinity();
    // 15 at most of one part, the other takes away what it had: 15 - 20, then they are as much, for ever.
    const std::vector<ClampedSum> sums = {{}, {0, -none, 15}, {0, -none, 50}};
    const std::vector<DecayingPoints> all = {{20, 0, &exponential, 1}, {-20, 0, &exponential, 2}, {8, 0, &window, 0}};
    EXPECT_EQ(falls_to(all, 0, 3, sums), 0);
    EXPECT_EQ(falls_to(all, 0, 2.5, sums), 10 * day + 1);
    EXPECT_EQ(falls_to(all, 15 * day, -1, sums), std::nullopt);
    // A part that comes to 0 from below where 0 is its limit, and one that fades to it from above.
    const std::vector<ClampedSum> signs = {{}, {0, 0, none}, {0, 0, none}};
    const std::vector<DecayingPoints> both = {{20, 0, &exponential, 1}, {-20, 0, &exponential, 2}};
    EXPECT_EQ(falls_to(both, 0, 5, signs), 60 * day);
    EXPECT_EQ(falls_to(both, 0, 0, signs), std::nullopt);
}

TEST(Cooling, ManyClampedMembersAreWalkedOnce) {
    Random random(11);
    const Decay every = read_decay("step(every 1 day: 0.9)");
    const Decay expiring = read_decay("exponential(20 days, expire 90 days)");
    std::vector<ClampedSum> sums(1);
    std::vector<DecayingPoints> all;
    for (std::size_t member = 1; member <= 200; ++member) {
        sums.push_back({0, 0, 25});
        for (int number = 0; number < 10; ++number)
            all.push_back(
                {random.number(-1, 6), -random.between(0, 80 * day), number % 3 == 0 ? &every : &expiring, member});
    }
    const auto cooled = falls_to(all, 0, 100, sums);
    ASSERT_TRUE(cooled);
    EXPECT_GT(*cooled, day);
    EXPECT_LE(clamped_sum_at(all, sums, *cooled), 100.0L);
    EXPECT_GT(clamped_sum_at(all, sums, *cooled - 1), 100.0L);
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
