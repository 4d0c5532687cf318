#include <cmath>
#include <random>

#include "core/decay_text.hpp"
#include "core/rank.hpp"
#include "support.hpp"

namespace leadscore::test {

using namespace core;

namespace {

constexpr const char *decays[] = {"none",
                                  "window(90 days)",
                                  "exponential(00:00:01)",
                                  "exponential(30 days)",
                                  "exponential(30 days, hold 7 days)",
                                  "exponential(100000 days)",
                                  "linear(90 days)"};

double value_of(const Decay &decay, const Sum &sum, Ticks instant) {
    return sum_after(decay, sum.fading, sum.held, sum.falling, instant - sum.reference);
}

} // namespace

TEST(Rank, BoundsTheSumUntilItIsLookedAtAgain) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> unit(0, 1);
    for (const char *text : decays) {
        const Decay decay = read_decay(text);
        for (int i = 0; i < 20000; i++) {
            Sum sum;
            sum.reference = static_cast<Ticks>((unit(random) - 0.1) * 2e17);
            const Ticks left = static_cast<Ticks>(std::pow(10, unit(random) * 13));
            sum.next = sum.reference + left;
            sum.fading = std::pow(10, unit(random) * 20 - 10) * (unit(random) < 0.2 ? -1 : 1);
            if (decay.curve().hold != 0)
                sum.held = sum.fading * (unit(random) * 4 - 2);
            if (decay.curve().kind == DecayKind::linear)
                sum.falling = sum.fading * (unit(random) * 4 - 2) / 1e13;
            const Ticks instant = sum.reference + static_cast<Ticks>(unit(random) * static_cast<double>(left));
            const auto rank = rank_of(decay, sum);
            const double value = value_of(decay, sum, instant);
            if (rank)
                EXPECT_LT(value, std::max(bound_of_rank(decay, *rank, instant), 1e-200)) << text;
            else
                EXPECT_LE(value, 0) << text;
        }
    }
}

TEST(Rank, IsOfAQuarterOctaveOfWhatFades) {
    const Decay decay = read_decay("exponential(30 days)");
    EXPECT_EQ(rank_of(decay, {.fading = 1}), 0);
    EXPECT_EQ(rank_of(decay, {.fading = 16}), 16);
    EXPECT_EQ(rank_of(decay, {.fading = std::nextafter(16, 17)}), 16);
    EXPECT_EQ(rank_of(decay, {.fading = 15.99}), 15);
    EXPECT_LT(bound_of_rank(decay, 15, 0), 16);
    EXPECT_GT(bound_of_rank(decay, 15, 0), 15.99);
    EXPECT_EQ(rank_of(decay, {.fading = 0}), std::nullopt);
    EXPECT_EQ(rank_of(decay, {.fading = -1}), std::nullopt);
}

TEST(Rank, OfWhatLastsEndsAtNumbersOfFewDigits) {
    const Decay none = read_decay("none");
    for (const double limit : {0.25, 1.0, 3.0, 8.0, 10.0, 20.0, 31.0, 50.0, 100.0}) {
        EXPECT_EQ(*rank_of(none, {.fading = limit}) + 1, rank_above(limit)) << limit;
        EXPECT_EQ(rank_of(none, {.fading = std::nextafter(limit, 1e9)}), rank_above(limit)) << limit;
    }
    EXPECT_EQ(rank_of(none, {.fading = 8}), 64);
    EXPECT_EQ(rank_of(none, {.fading = 7.75}), 63);
    EXPECT_EQ(rank_of(none, {.fading = 7.5001}), 63);
    EXPECT_EQ(rank_of(none, {.fading = 7.5}), 62);
    EXPECT_EQ(bound_of_rank(none, 64, 0), std::nextafter(8, 9));
    EXPECT_EQ(rank_above(8.01), 65);
    EXPECT_EQ(rank_of(none, {.fading = 0}), std::nullopt);
    EXPECT_EQ(rank_of(none, {.fading = -1}), std::nullopt);
}

TEST(Rank, OfAStateThatLastsIsThatOfWhatItsRowsMaySay) {
    const Decay window = read_decay("window(90 days)");
    State state;
    state.last_activity_at = state.reference = 0;
    state.magnitude = 20;
    state.error = 1e-14;
    for (const double limit : {5.0, 20.0, 100.0}) {
        state.points = limit;
        EXPECT_EQ(*rank_of(window, state) + 1, rank_above(limit));
        state.points = std::nextafter(limit, 0);
        EXPECT_EQ(rank_of(window, state), rank_above(limit));
    }
}

TEST(Rank, OfWhatLastsHoldsForAllNumbers) {
    const Decay none = read_decay("none");
    std::mt19937_64 random(2);
    std::uniform_real_distribution<double> exponent(-300, 308);
    for (int i = 0; i < 100000; i++) {
        const double limit = std::pow(10, exponent(random));
        const auto rank = *rank_of(none, {.fading = limit});
        EXPECT_LT(limit, bound_of_rank(none, rank, 0));
        EXPECT_GE(limit, bound_of_rank(none, rank - 1, 0));
        EXPECT_LE(rank, rank_above(limit));
        EXPECT_GE(*rank_of(none, {.fading = limit * (1 + 1e-15)}), rank_above(limit));
    }
}

TEST(Rank, KeepsItsOrderWhateverTheReference) {
    const Decay decay = read_decay("exponential(30 days)");
    const Ticks half_life = decay.half_life_ticks();
    EXPECT_EQ(rank_of(decay, {.fading = 10, .reference = 0}), rank_of(decay, {.fading = 5, .reference = half_life}));
    EXPECT_EQ(*rank_of(decay, {.fading = 10, .reference = half_life}), *rank_of(decay, {.fading = 10}) + 4);
}

TEST(Rank, StaysInItsRange) {
    const Decay second = read_decay("exponential(00:00:01)");
    EXPECT_EQ(rank_of(second, {.fading = 1, .reference = last_instant}), 2147483647);
    EXPECT_EQ(rank_of(second, {.fading = 1, .reference = first_instant}), -2147483647);
    EXPECT_TRUE(std::isinf(bound_of_rank(second, 2147483647, 0)));
    EXPECT_EQ(rank_of(read_decay("exponential(00:00:01, hold 00:01:40)"), {.held = 1, .next = 100'000'000}), 400);
    EXPECT_EQ(rank_of(read_decay("exponential(30 days, hold 1 day)"), {.fading = 1, .held = 1}), 2147483647);
}

} // namespace leadscore::test
