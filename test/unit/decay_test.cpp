#include <cmath>
#include <vector>

#include "core/decay_text.hpp"
#include "core/text.hpp"
#include "support.hpp"

namespace leadscore::test {

using namespace core;

namespace {

double weight(const char *decay, Ticks age) { return read_decay(decay).weight(age); }

std::vector<unsigned char> bytes_of(const Decay &decay) {
    std::vector<unsigned char> bytes(decay.encoded_size());
    decay.encode(bytes.data());
    return bytes;
}

Ticks random_span(Random &random) {
    const Ticks units[] = {1, ticks_per_second, ticks_per_minute, hour, day};
    return random.between(1, 400) * units[random.between(0, 4)];
}

Decay random_decay(Random &random) {
    Curve curve;
    std::vector<Step> steps;
    curve.kind = static_cast<DecayKind>(random.between(0, 5));
    if (curve.kind == DecayKind::none)
        return Decay(curve);
    if (curve.kind == DecayKind::step) {
        Ticks age = 0;
        for (auto count = random.between(1, 6); count > 0; --count) {
            age += random_span(random);
            steps.push_back({age, random.chance(30) ? 0 : random.number(0, 2)});
        }
    } else {
        curve.span = random_span(random) + (curve.kind == DecayKind::step_every ? hour : 0);
    }
    if (curve.kind == DecayKind::step_every)
        curve.factor = random.number(0, 1);
    if (random.chance(40))
        curve.hold = random_span(random);
    if ((curve.kind == DecayKind::exponential || curve.kind == DecayKind::step_every) && random.chance(40))
        curve.expire = curve.hold + random_span(random);
    return Decay(curve, steps);
}

// The definition of each kind, written down once more in long double.
long double expected_weight(const Decay &decay, Ticks age) {
    if (age < 0)
        return 0;
    const Curve &curve = decay.curve();
    if (curve.expire != 0 && age > curve.expire)
        return 0;
    const Ticks a = std::max<Ticks>(0, age - curve.hold);
    switch (curve.kind) {
    case DecayKind::none:
        return 1;
    case DecayKind::window:
        return a <= curve.span ? 1 : 0;
    case DecayKind::exponential:
        return exp2l(-static_cast<long double>(a) / static_cast<long double>(curve.span));
    case DecayKind::step_every: {
        Ticks exceeded = 0;
        long double factor = 1;
        for (Ticks boundary = curve.span; a > boundary; boundary += curve.span) {
            ++exceeded;
            factor *= static_cast<long double>(curve.factor);
            if (factor < 1e-12L)
                return 0;
        }
        return factor;
    }
    case DecayKind::linear:
        return a >= curve.span ? 0 : 1 - static_cast<long double>(a) / static_cast<long double>(curve.span);
    case DecayKind::step:
        break;
    }
    long double factor = 1;
    for (const Step &step : decay.steps())
        if (a > step.age)
            factor = static_cast<long double>(step.factor);
    return factor;
}

} // namespace

TEST(Decay, HoldsTheWorkedValues) {
    const char *steps = "step(30 days: 0.5, 90 days: 0)";
    EXPECT_EQ(10 * weight(steps, 30 * day), 10);
    EXPECT_EQ(10 * weight(steps, 30 * day + ticks_per_second), 5);
    EXPECT_EQ(10 * weight(steps, 90 * day), 5);
    EXPECT_EQ(10 * weight(steps, 90 * day + ticks_per_second), 0);
    EXPECT_EQ(weight("exponential(30 days)", 15 * day), 0.7071067811865476);
    EXPECT_EQ(weight("exponential(30 days)", 45 * day), 0.3535533905932738);
    EXPECT_EQ(25 * weight("exponential(14 days)", 14 * day), 12.5);
    const std::pair<double, int> lead[] = {{15, 0}, {5, 10}, {5, 40}, {-10, 50}};
    const auto points = [&](const char *decay) {
        double sum = 0;
        for (const auto &[amount, on_day] : lead)
            sum += amount * weight(decay, (60 - on_day) * day);
        return sum;
    };
    EXPECT_EQ(points("none"), 15);
    EXPECT_EQ(points(steps), 5);
    EXPECT_NEAR(points("exponential(30 days)"), 0.5376986773, 1e-10);
    EXPECT_NEAR(points("linear(90 days)"), 2.2222222222, 1e-10);
    EXPECT_EQ(points("window(30 days)"), -5);
}

TEST(Decay, BoundariesBelongToTheEarlierSide) {
    EXPECT_EQ(weight("window(30 days)", 30 * day), 1);
    EXPECT_EQ(weight("window(30 days)", 30 * day + 1), 0);
    EXPECT_EQ(weight("step(every 30 days: 0.5)", 30 * day), 1);
    EXPECT_EQ(weight("step(every 30 days: 0.5)", 30 * day + 1), 0.5);
    EXPECT_EQ(weight("step(every 30 days: 0.5)", 60 * day), 0.5);
    EXPECT_EQ(weight("step(every 30 days: 0.5, expire 90 days)", 90 * day), 0.25);
    EXPECT_EQ(weight("step(every 30 days: 0.5, expire 90 days)", 90 * day + 1), 0);
    EXPECT_EQ(weight("exponential(30 days, expire 90 days)", 90 * day), 0.125);
    EXPECT_EQ(weight("exponential(30 days, expire 90 days)", 90 * day + 1), 0);
    EXPECT_EQ(weight("linear(90 days)", 90 * day), 0);
    EXPECT_GT(weight("linear(90 days)", 90 * day - 1), 0);
    EXPECT_EQ(weight("exponential(30 days, hold 7 days)", 7 * day), 1);
    EXPECT_EQ(weight("exponential(30 days, hold 7 days)", 37 * day), 0.5);
    EXPECT_EQ(weight("window(30 days, hold 7 days)", 37 * day), 1);
    EXPECT_EQ(weight("window(30 days, hold 7 days)", 37 * day + 1), 0);
    for (const char *decay : {"none", "window(1 day)", "exponential(1 day)", "step(1 day: 0)", "linear(1 day)"}) {
        EXPECT_EQ(weight(decay, 0), 1) << decay;
        EXPECT_EQ(weight(decay, -1), 0) << decay;
    }
    // 0.5^40 is below 1e-12, 0.5^39 is not.
    EXPECT_EQ(weight("step(every 1 day: 0.5)", 40 * day), std::pow(0.5, 39));
    EXPECT_EQ(weight("step(every 1 day: 0.5)", 40 * day + 1), 0);
    EXPECT_EQ(weight("step(every 1 day: 0)", day), 1);
    EXPECT_EQ(weight("step(every 1 day: 0)", day + 1), 0);
    EXPECT_EQ(weight("step(every 1 day: 1)", longest_span), 1);
}

TEST(Decay, WeighsAsDefined) {
    Random random(3);
    for (int round = 0; round < 20'000; ++round) {
        const Decay decay = random_decay(random);
        for (int aged = 0; aged < 10; ++aged) {
            Ticks age = random.chance(50) ? random_span(random) : random.between(-day, 400 * day);
            const auto boundaries = decay.boundaries();
            if (!boundaries.empty() && random.chance(40))
                age = boundaries[static_cast<std::size_t>(random.bits() % boundaries.size())] + random.between(-1, 1);
            const long double expected = expected_weight(decay, age);
            const double got = decay.weight(age);
            EXPECT_NEAR(got, static_cast<double>(expected), 1e-13) << decay_text(decay) << " at " << age;
            const auto bytes = bytes_of(decay);
            EXPECT_EQ(DecayView(bytes).weight(age), got);
        }
    }
}

// By the definition: for the span the weight of age 0, and then that of an age that is less by it.
TEST(Decay, BeginsLaterWhenDelayed) {
    Random random(54);
    for (int i = 0; i < 3000; i++) {
        const Decay decay = random_decay(random);
        const Ticks span = random.chance(10) ? 0 : random_span(random);
        const Decay later = delayed(decay, span);
        std::vector<Ticks> ages = {0, span, span + random_span(random), random.between(0, span)};
        for (const Ticks boundary : decay.boundaries())
            ages.insert(ages.end(), {boundary, boundary + span, later.curve().hold + boundary});
        for (const Ticks age : ages)
            for (Ticks beside = age - 2; beside <= age + 2; beside++)
                EXPECT_EQ(later.weight(beside), beside < 0 ? 0 : decay.weight(std::max<Ticks>(0, beside - span)))
                    << decay_text(decay) << " " << span << " " << beside;
        EXPECT_EQ(delayed(later, -span), decay) << decay_text(decay) << " " << span;
    }
}

TEST(Decay, SurvivesTextAndBytes) {
    Random random(4);
    for (int round = 0; round < 20'000; ++round) {
        const Decay decay = random_decay(random);
        EXPECT_EQ(read_decay(decay_text(decay)), decay) << decay_text(decay);
        const auto bytes = bytes_of(decay);
        EXPECT_EQ(Decay::decode(bytes), decay);
        EXPECT_EQ(decay_text(read_decay(decay_text(decay))), decay_text(decay));
    }
}

TEST(Decay, EqualIsWhatHasEqualBytes) {
    const char *same[][2] = {
        {"exponential(30 days, hold 7 days, expire 90 days)", "Exponential( 30 days,expire 90 days , HOLD 7 days )"},
        {"window(36:00:00)", "window(1 day 12:00:00)"},
        {"step(24:00:00: 5e-1)", "step(1 day: 0.5)"},
        {"step(1 day: -0)", "step(1 day: 0)"},
        {" none ", "NONE"}};
    for (const auto &[left, right] : same)
        EXPECT_EQ(bytes_of(read_decay(left)), bytes_of(read_decay(right))) << left;
    EXPECT_EQ(decay_text(read_decay("step(36:00:00: 0.5)")), "step(1 day 12:00:00: 0.5)");
    Random random(5);
    for (int round = 0; round < 5'000; ++round) {
        const Decay left = random_decay(random);
        const Decay right = random_decay(random);
        EXPECT_EQ(left == right, bytes_of(left) == bytes_of(right));
    }
}

TEST(Decay, NamesTheOffendingPart) {
    const auto refuses = [](const char *text, ErrorKind kind, const char *message) {
        SCOPED_TRACE(text);
        expect_error(kind, message, [&] { read_decay(text); });
    };
    using enum ErrorKind;
    refuses("", invalid_text, "it is empty");
    refuses("gaussian(3 days)", invalid_text, "unknown kind \"gaussian\"");
    refuses("none(3 days)", invalid_text, "behind none");
    refuses("none, hold 3 days", invalid_text, "behind none");
    refuses("window", invalid_text, "parentheses");
    refuses("window(", invalid_text, "parentheses");
    refuses("window()", invalid_text, "argument 1 is empty");
    refuses("window(3 days,)", invalid_text, "argument 2 is empty");
    refuses("window(3 days) x", invalid_text, "parentheses");
    refuses("window(3 days, 4 days)", invalid_text, "unexpected argument \"4 days\"");
    refuses("window(abc)", invalid_text, "window \"abc\" is not a span of time");
    refuses("window(00:00:00)", invalid_parameter, "window must be longer than zero");
    refuses("window(3 days))", invalid_text, "is not a span of time");
    refuses("window(infinity)", invalid_parameter, "is infinite");
    refuses("window(3 days, expire 9 days)", invalid_parameter, "expire goes with");
    refuses("linear(3 days, expire 9 days)", invalid_parameter, "expire goes with");
    refuses("step(3 days: 1, expire 9 days)", invalid_parameter, "expire goes with");
    refuses("exponential(hold 3 days)", invalid_text, "option hold");
    refuses("exponential(3 days, hold 1 day, hold 1 day)", invalid_text, "option hold is given twice");
    refuses("exponential(3 days, expire 2 days, hold 2 days)", invalid_parameter, "expire must exceed hold");
    refuses("exponential(3 days, hold 0 days)", invalid_parameter, "hold must be longer than zero");
    refuses("exponential(3 days, hold)", invalid_text, "hold has no span");
    refuses("exponential(3 days, hold 2 days, 4 days)", invalid_text, "behind the options");
    refuses("step(3 days)", invalid_text, "step 1 \"3 days\" has no factor");
    refuses("step(3 days: x)", invalid_text, "factor \"x\" of step 1");
    refuses("step(3 days:)", invalid_text, "factor \"\" of step 1");
    refuses("step(3 days: -1)", invalid_parameter, "factor of step 1");
    refuses("step(3 days: NaN)", invalid_parameter, "factor of step 1");
    refuses("step(3 days: inf)", invalid_parameter, "factor of step 1");
    refuses("step(3 days: 1e999)", out_of_range, "out of range");
    refuses("step(3 days: 1, 3 days: 0)", invalid_parameter, "ages of steps must ascend");
    refuses("step(3 days: 1, every 3 days: 0)", invalid_text, "only step");
    refuses("step(every 3 days: 0.5, 9 days: 0)", invalid_text, "only step");
    refuses("step(every 00:59:59: 0.5)", invalid_parameter, "at least an hour");
    refuses("step(every 1 day: 1.5)", invalid_parameter, "between 0 and 1");
    refuses("step(every 1 day: NaN)", invalid_parameter, "between 0 and 1");
    refuses("window(3300001 days)", invalid_text, "window \"3300001 days\""); // too long for the core's own reader
    refuses(("window(" + std::string(5000, 'x') + ")").c_str(), invalid_text, "...");
}

TEST(Decay, RefusesBytes) {
    const auto good = bytes_of(read_decay("step(30 days: 0.5, 90 days: 0)"));
    for (std::size_t size = 0; size < good.size(); ++size) {
        if (size != good.size() - 16) // one step less is a decay too
            expect_error(ErrorKind::invalid_binary, "invalid binary decay",
                         [&] { Decay::decode(Bytes(good.data(), size)); });
    }
    auto bad = good;
    bad.push_back(0);
    expect_error(ErrorKind::invalid_binary, "whole value", [&] { Decay::decode(bad); });
    bad = good;
    bad[0] = 2;
    expect_error(ErrorKind::invalid_binary, "version 2 is unknown", [&] { Decay::decode(bad); });
    bad = good;
    bad[1] = 6;
    expect_error(ErrorKind::invalid_binary, "kind 6 is unknown", [&] { Decay::decode(bad); });
    bad = good;
    store(bad.data() + 42, NAN);
    expect_error(ErrorKind::invalid_binary, "factor of step 1", [&] { Decay::decode(bad); });
    bad = good;
    store(bad.data() + 34, -day);
    expect_error(ErrorKind::invalid_binary, "age of step 1", [&] { Decay::decode(bad); });
    bad = good;
    store(bad.data() + 2, day);
    expect_error(ErrorKind::invalid_binary, "no span", [&] { Decay::decode(bad); });
    const auto none = bytes_of(Decay());
    for (std::size_t at = 2; at < none.size(); at += 8) {
        bad = none;
        store(bad.data() + at, day);
        expect_error(ErrorKind::invalid_binary, "invalid binary decay", [&] { Decay::decode(bad); });
    }
}

TEST(Decay, TellsItsShape) {
    const Decay decay = read_decay("exponential(30 days, hold 7 days, expire 90 days)");
    EXPECT_EQ(decay.half_life(), to_span(30 * day));
    EXPECT_TRUE(decay.has_boundary());
    EXPECT_EQ(decay.boundaries(), (std::vector<Ticks>{7 * day, 90 * day}));
    EXPECT_EQ(decay.vanishes_after(), 90 * day);
    EXPECT_FALSE(read_decay("exponential(30 days)").has_boundary());
    EXPECT_FALSE(read_decay("none").has_boundary());
    EXPECT_FALSE(read_decay("exponential(30 days)").vanishes_after());
    EXPECT_FALSE(read_decay("window(30 days)").half_life());
    EXPECT_EQ(read_decay("step(30 days: 0.5, 90 days: 0)").vanishes_after(), 90 * day);
    EXPECT_FALSE(read_decay("step(30 days: 0.5)").vanishes_after());
    EXPECT_EQ(read_decay("step(1 day: 0, hold 2 days)").boundaries(), (std::vector<Ticks>{3 * day}));
    Random random(6);
    for (int round = 0; round < 20'000; ++round) {
        const Decay any = random_decay(random);
        if (const auto last = any.vanishes_after()) {
            EXPECT_EQ(any.weight(*last + 1), 0) << decay_text(any);
            if (any.kind() != DecayKind::linear && any.kind() != DecayKind::exponential) {
                EXPECT_TRUE(any.weight(*last) > 0 || any.kind() == DecayKind::step || any.curve().expire != 0)
                    << decay_text(any);
            }
        }
    }
}

} // namespace leadscore::test
