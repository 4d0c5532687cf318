#include <bit>
#include <cmath>
#include <limits>

#include "core/power_of_half.hpp"
#include "core/score_order.hpp"
#include "core/score_text.hpp"
#include "support.hpp"

namespace leadscore::test {

using namespace core;

namespace {

constexpr Ticks t0 = 9821 * day; // 2026-11-21
constexpr Ticks month = 30 * day;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Score random_score(Random &random) {
    const Ticks half_lives[] = {0, ticks_per_second, hour, day, month, longest_span};
    const Ticks half_life = half_lives[random.between(0, 5)];
    double points = random.number(-100, 100);
    if (random.chance(10))
        points = 0;
    if (random.chance(5))
        points = nan;
    if (random.chance(30)) {
        points = std::bit_cast<double>(random.bits());
        if (std::isinf(points))
            points = 1;
    }
    return Score(points, half_life == 0 ? 0 : random.between(first_instant, last_instant), half_life);
}

bool same_bits(const Score &left, const Score &right) {
    return std::bit_cast<std::uint64_t>(left.points()) == std::bit_cast<std::uint64_t>(right.points()) &&
           left.reference() == right.reference() && left.half_life() == right.half_life();
}

} // namespace

TEST(Score, SurvivesTextAndBytes) {
    Random random(10);
    for (int round = 0; round < 50'000; ++round) {
        const Score score = random_score(random);
        EXPECT_TRUE(same_bits(read_score(score_text(score)), score)) << score_text(score);
        unsigned char bytes[Score::encoded_size];
        score.encode(bytes);
        EXPECT_TRUE(same_bits(Score::decode(bytes), score)) << score_text(score);
    }
    EXPECT_EQ(score_text(Score(57.3, t0, month)), "57.3@2026-11-21T00:00:00Z/P30D");
    EXPECT_EQ(score_text(Score(57.3)), "57.3");
    EXPECT_EQ(score_text(Score(100000)), "100000");
    EXPECT_EQ(score_text(Score(-0.0)), "0");
    EXPECT_EQ(score_text(read_score(" 1e3 @ 2026-11-21 02:00+02 / p30d ")), "1000@2026-11-21T00:00:00Z/P30D");
    EXPECT_EQ(score_text(read_score("nan")), "NaN");
}

TEST(Score, RefusesText) {
    using enum ErrorKind;
    for (const char *text : {"", "x", "1@", "1@2026-11-21T00:00:00Z", "1@2026-11-21T00:00:00Z/", "@/", "1/P1D",
                             "1@2026-11-21T00:00:00/P1D", "1 2", "0x10", "1@2026-11-21T00:00:00Z/30 days", "+-1"})
        expect_error(invalid_text, "invalid score", [&] { read_score(text); });
    for (const char *text : {"inf", "-Infinity", "1e999", "1e-999"})
        expect_error(out_of_range, "", [&] { read_score(text); });
    expect_error(time_out_of_range, "infinite", [] { read_score("1@infinity/P1D"); });
    expect_error(invalid_parameter, "at least one second", [] { read_score("1@2026-11-21T00:00:00Z/PT0.5S"); });
    expect_error(invalid_parameter, "at least one second", [] { read_score("1@2026-11-21T00:00:00Z/P0D"); });
    expect_error(invalid_parameter, "no fixed length", [] { read_score("1@2026-11-21T00:00:00Z/P1M"); });
    expect_error(invalid_text, "...", [] { read_score(std::string(100'000, '9') + "x"); });
}

TEST(Score, RefusesBytes) {
    unsigned char good[Score::encoded_size + 1] = {};
    Score(5, t0, month).encode(good);
    for (std::size_t size = 0; size < Score::encoded_size; ++size)
        expect_error(ErrorKind::invalid_binary, "invalid binary score", [&] { Score::decode(Bytes(good, size)); });
    expect_error(ErrorKind::invalid_binary, "has 26 bytes", [&] { Score::decode(good); });
    const auto refuses = [&](std::size_t at, auto value) {
        unsigned char bad[Score::encoded_size];
        Score(5, t0, month).encode(bad);
        store(bad + at, value);
        expect_error(ErrorKind::invalid_binary, "invalid binary score", [&] { Score::decode(bad); });
    };
    refuses(1, infinity);
    refuses(9, std::int64_t{INT64_MAX});
    refuses(9, std::int64_t{INT64_MIN});
    refuses(9, last_instant + 1);
    refuses(17, std::int64_t{-1});
    refuses(17, std::int64_t{999'999});
    refuses(17, longest_span + 1);
    refuses(17, std::int64_t{0}); // with a reference
    good[0] = 9;
    expect_error(ErrorKind::invalid_binary, "version 9 is unknown",
                 [&] { Score::decode(Bytes(good, Score::encoded_size)); });
}

TEST(Score, IsAFunctionOfTime) {
    const Score score(10, t0, month);
    EXPECT_EQ(score.value_at(t0), 10);
    EXPECT_EQ(score.value_at(t0 + month), 5);
    EXPECT_EQ(score.value_at(t0 - 3 * month), 80);
    EXPECT_EQ(Score(10).value_at(last_instant), 10);
    EXPECT_EQ(Score(10, t0, ticks_per_second).value_at(last_instant), 0);
    EXPECT_EQ(Score(0, t0, ticks_per_second).value_at(first_instant), 0);
    EXPECT_TRUE(std::isnan(Score(nan, t0, month).value_at(t0 + 1)));
    expect_error(ErrorKind::out_of_range, "out of range",
                 [] { return Score(10, t0, ticks_per_second).value_at(first_instant); });
    expect_error(ErrorKind::time_out_of_range, "out of range", [&] { return score.value_at(INT64_MAX); });
    Random random(11);
    for (int round = 0; round < 50'000; ++round) {
        const Ticks elapsed = random.between(-1000 * day, 1000 * day);
        const Ticks half_life = random.between(hour * 24, 100 * day);
        const long double expected =
            7.0L * exp2l(-static_cast<long double>(elapsed) / static_cast<long double>(half_life));
        if (expected < 1e300L)
            EXPECT_NEAR(Score(7, t0, half_life).value_at(t0 + elapsed) / static_cast<double>(expected), 1, 4e-16);
    }
}

TEST(Score, PowersOfHalfAreNearlyCorrectlyRounded) {
    Random random(12);
    double worst = 0;
    for (int round = 0; round < 1'000'000; ++round) {
        const Ticks half_life = random.between(ticks_per_second, 400 * day) >> random.between(0, 20);
        if (half_life < ticks_per_second)
            continue;
        const Ticks elapsed = random.between(0, random.chance(50) ? half_life : 1000 * half_life);
        // In two parts: a long double of 64 bits would lose some of a large quotient.
        const long double expected =
            ldexpl(exp2l(-static_cast<long double>(elapsed % half_life) / static_cast<long double>(half_life)),
                   -static_cast<int>(elapsed / half_life));
        const double unit = std::ldexp(1.0, std::ilogb(static_cast<double>(expected)) - 52);
        worst = std::max(worst, static_cast<double>(fabsl(power_of_half(elapsed, half_life) - expected)) / unit);
        // Any whole number of half-lives changes the exponent only.
        const Ticks whole = random.between(1, 100'000);
        const HalvedTimes sooner = halved_times(elapsed, half_life);
        const HalvedTimes later = halved_times(elapsed + whole * half_life, half_life);
        ASSERT_EQ(later.mantissa, sooner.mantissa);
        ASSERT_EQ(later.exponent, sooner.exponent - whole);
    }
    EXPECT_LT(worst, 0.53);
    // A fuzzer's: more half-lives than 64 bits of hundred-and-twenty-eighths hold.
    EXPECT_EQ(power_of_half(longest_span, 546), 0);
    EXPECT_TRUE(std::isinf(decayed_amount(1, -longest_span, 546)));
    EXPECT_EQ(power_of_half(0, day), 1);
    EXPECT_EQ(power_of_half(day, day), 0.5);
    EXPECT_EQ(power_of_half(day / 2, day), 0.7071067811865476);
    EXPECT_EQ(power_of_half(1074 * day, day), 0x1p-1074);
    EXPECT_EQ(power_of_half(1022 * day, day), 0x1p-1022);
    EXPECT_EQ(power_of_half(-3 * day, day), 8);
    EXPECT_EQ(power_of_half(last_instant - first_instant, ticks_per_second), 0);
    EXPECT_EQ(power_of_half(first_instant - last_instant, ticks_per_second), infinity);
    EXPECT_EQ(power_of_half(longest_span, longest_span), 0.5);
    EXPECT_EQ(decayed_amount(0x1p-1074, -1074 * day, day), 1);
    EXPECT_EQ(decayed_amount(0x1p1000, 1074 * day, day), 0x1p-74);
}

TEST(Score, Arithmetic) {
    using enum ErrorKind;
    EXPECT_EQ(score_text(Score(10, t0, month) + Score(5, t0 + month, month)), "10@2026-12-21T00:00:00Z/P30D");
    EXPECT_EQ(score_text(Score(10, t0, month) - Score(5, t0 + month, month)), "0@2026-12-21T00:00:00Z/P30D");
    EXPECT_EQ(score_text(-Score(0, t0, month)), "0@2026-11-21T00:00:00Z/P30D");
    EXPECT_EQ(score_text(Score(10) + Score(2.5)), "12.5");
    EXPECT_EQ(score_text(Score(10) * 2), "20");
    EXPECT_EQ(score_text(Score(10) / 4), "2.5");
    // At the later reference the large old amount is small; nothing overflows on the way.
    EXPECT_EQ(score_text(Score(1e308, t0, day) + Score(1, t0 + 5000 * day, day)), "1@2040-07-30T00:00:00Z/P1D");
    EXPECT_EQ(score_text(Score(0, t0 + month, month) + Score(3, t0, month)), "3@2026-11-21T00:00:00Z/P30D");
    expect_error(mismatch, "30 days and 1 day", [] { Score(1, t0, month) + Score(1, t0, day); });
    expect_error(mismatch, "30 days and none", [] { Score(1, t0, month) - Score(1); });
    expect_error(out_of_range, "finite", [] { Score(1e308) + Score(1e308); });
    expect_error(out_of_range, "finite", [] { Score(1e308) * 10; });
    expect_error(out_of_range, "finite", [] { Score(1) * infinity; });
    expect_error(division_by_zero, "division by zero", [] { Score(1) / 0; });
    expect_error(out_of_range, "finite", [] { Score{infinity}; });
    expect_error(invalid_parameter, "one second", [] { Score(1, t0, -1); });
    expect_error(time_out_of_range, "reference time", [] { Score(1, last_instant + 1, day); });
    EXPECT_TRUE(std::isnan((Score(0) * nan).points()));
}

TEST(Score, CoolsAt) {
    EXPECT_EQ(Score(10, t0, month).cools_at(5), t0 + month);
    EXPECT_EQ(Score(10, t0, month).cools_at(10), t0);
    EXPECT_EQ(Score(10, t0, month).cools_at(20), t0 - month);
    EXPECT_EQ(Score(-10, t0, month).cools_at(-5), t0 + month);
    EXPECT_EQ(Score(1e-320, t0, month).cools_at(5e-321), t0 + month); // subnormal
    for (const double never : {0.0, -5.0, nan, infinity, -infinity})
        EXPECT_FALSE(Score(10, t0, month).cools_at(never)) << never;
    EXPECT_FALSE(Score(0, t0, month).cools_at(5));
    EXPECT_FALSE(Score(nan, t0, month).cools_at(5));
    EXPECT_FALSE(Score(10).cools_at(5));
    EXPECT_FALSE(Score(10).cools_at(10));
    expect_error(ErrorKind::time_out_of_range, "cools",
                 [] { return Score(1e300, t0, longest_span / 100).cools_at(1e-300); });
    expect_error(ErrorKind::time_out_of_range, "cools", [] { return Score(1e300, t0, 3650 * day).cools_at(1e-300); });
    Random random(13);
    for (int round = 0; round < 10'000; ++round) {
        const Score score(random.number(1, 1000), t0, month);
        const double threshold = random.number(0.01, 1000);
        EXPECT_NEAR(score.value_at(*score.cools_at(threshold)) / threshold, 1, 1e-12);
    }
}

TEST(ScoreOrder, LogarithmIsExactEnoughAndStrictlyRising) {
    Random random(14);
    const auto check = [](double number) {
        const double next = std::nextafter(number, infinity);
        EXPECT_LT(binary_log(number), binary_log(next)) << number;
        const long double log = static_cast<long double>(binary_log(number)) / 0x1p60L;
        EXPECT_NEAR(static_cast<double>(log - log2l(static_cast<long double>(number))), 0, 1.2e-16 * 10);
    };
    for (int round = 0; round < 300'000; ++round) {
        const double number = std::fabs(std::bit_cast<double>(random.bits()));
        if (std::isfinite(number) && number > 0 && number < 1e308)
            check(number);
        check(random.number(1, 2));
    }
    for (int index = 0; index < 128; ++index) { // where the table changes its entry
        double number = 1 + index / 128.0;
        for (int step = 0; step < 3; ++step)
            number = std::nextafter(number, 0);
        for (int step = 0; step < 6; ++step, number = std::nextafter(number, infinity))
            check(number);
    }
    for (int power = -1074; power < 1024; ++power)
        EXPECT_LE(std::abs(static_cast<long>(binary_log(std::ldexp(1.0, power)) - (static_cast<Wide>(power) << 60))),
                  2);
}

TEST(ScoreOrder, EqualAtEveryInstantIsEqual) {
    EXPECT_EQ(compare(Score(10, t0, month), Score(5, t0 + month, month)), 0);
    Random random(15);
    for (int round = 0; round < 100'000; ++round) {
        const Ticks half_life = random.between(ticks_per_second, 400 * day);
        const double points = random.number(-1e6, 1e6);
        const Ticks later = random.between(1, 30);
        const Score score(points, t0, half_life);
        EXPECT_EQ(
            compare(score, Score(std::ldexp(points, -static_cast<int>(later)), t0 + later * half_life, half_life)), 0);
    }
}

TEST(ScoreOrder, StandsInTheOrderOfTheValues) {
    Random random(16);
    for (int round = 0; round < 300'000; ++round) {
        const Score left(random.number(-100, 100), t0 + random.between(-100 * day, 100 * day), month);
        const Score right(random.number(-100, 100), t0 + random.between(-100 * day, 100 * day), month);
        const double difference = left.value_at(t0) - right.value_at(t0);
        if (std::fabs(difference) > 1e-12)
            EXPECT_EQ(compare(left, right), difference < 0 ? -1 : 1);
        // With one reference the order is that of the points, to the last bit.
        const double next = std::nextafter(left.points(), infinity);
        EXPECT_EQ(compare(left, Score(next, left.reference(), month)), -1);
    }
}

TEST(ScoreOrder, IsTransitive) {
    Random random(17);
    for (int round = 0; round < 300'000; ++round) {
        // Three scores that are worth nearly the same.
        Score scores[3];
        for (Score &score : scores) {
            const Ticks reference = t0 + random.between(-10 * month, 10 * month);
            double points = decayed(random.chance(50) ? 7 : -7, reference - t0, month);
            for (auto steps = random.between(0, 2); steps > 0; --steps)
                points = std::nextafter(points, infinity);
            score = Score(points, reference, month);
        }
        const int ab = compare(scores[0], scores[1]);
        const int bc = compare(scores[1], scores[2]);
        const int ac = compare(scores[0], scores[2]);
        EXPECT_EQ(ab, -compare(scores[1], scores[0]));
        if (ab == bc)
            EXPECT_EQ(ac, ab);
        if (ab == 0)
            EXPECT_EQ(ac, bc);
        if (bc == 0)
            EXPECT_EQ(ac, ab);
    }
}

TEST(ScoreOrder, PlacesSpecialValues) {
    const Score ascending[] = {Score(5, t0, day),
                               Score(nan, t0, day),
                               Score(-5, t0, month),
                               Score(0, t0, month),
                               Score(5, t0, month),
                               Score(nan, t0, month),
                               Score(-1),
                               Score(0),
                               Score(5e-324),
                               Score(1),
                               Score(1e308),
                               Score(nan)};
    for (std::size_t left = 0; left < std::size(ascending); ++left)
        for (std::size_t right = 0; right < std::size(ascending); ++right)
            EXPECT_EQ(compare(ascending[left], ascending[right]), left < right   ? -1
                                                                  : left > right ? 1
                                                                                 : 0)
                << left << ' ' << right;
    EXPECT_EQ(compare(Score(0, t0, month), Score(-0.0, t0 + day, month)), 0);
    EXPECT_EQ(compare(Score(nan, t0, month), Score(nan, t0 + day, month)), 0);
}

TEST(ScoreOrder, AbbreviatedKeysAgree) {
    Random random(18);
    Score before = random_score(random);
    int told_apart = 0;
    for (int round = 0; round < 300'000; ++round) {
        const Score score = random.chance(50) ? random_score(random)
                                              : Score(random.number(-9, 9), random.between(t0 - day, t0 + day), month);
        const auto left = abbreviated(before);
        const auto right = abbreviated(score);
        if (left != right) {
            EXPECT_EQ(compare(before, score), left < right ? -1 : 1) << score_text(before) << ' ' << score_text(score);
            ++told_apart;
        }
        before = score;
    }
    EXPECT_GT(told_apart, 290'000);
}

} // namespace leadscore::test
