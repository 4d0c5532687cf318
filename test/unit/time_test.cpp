#include "core/time_text.hpp"
#include "support.hpp"

namespace leadscore::test {

using namespace core;

TEST(Time, KnowsTheCalendarOfBoost) {
    using boost::gregorian::date;
    EXPECT_EQ(to_instant(first_instant), Instant(date(1400, 1, 1)));
    EXPECT_EQ(to_instant(last_instant), Instant(boost::posix_time::max_date_time));
    EXPECT_EQ(to_ticks(Instant(date(2000, 1, 1))), 0);
    EXPECT_EQ(to_ticks(Instant(date(2026, 11, 21))), 9821 * day);
    expect_error(ErrorKind::time_out_of_range, "out of range", [] { to_instant(last_instant + 1); });
    expect_error(ErrorKind::time_out_of_range, "out of range", [] { to_instant(first_instant - 1); });
    expect_error(ErrorKind::time_out_of_range, "out of range", [] { to_ticks(boost::posix_time::pos_infin); });
}

TEST(Time, InstantsSurviveTextAndBoost) {
    Random random(1);
    for (int round = 0; round < 20'000; ++round) {
        const Ticks instant = random.between(first_instant, last_instant);
        EXPECT_EQ(to_ticks(to_instant(instant)), instant);
        std::string text;
        append_iso_instant(text, instant);
        EXPECT_EQ(read_iso_instant(text), instant) << text;
    }
}

TEST(Time, SpansSurviveText) {
    Random random(2);
    for (int round = 0; round < 20'000; ++round) {
        Ticks span = random.between(1, longest_span) >> random.between(0, 57);
        if (span == 0)
            span = 1;
        if (random.chance(30))
            span = span / day * day + day;
        span = std::min(span, longest_span);
        std::string iso;
        append_iso_span(iso, span);
        EXPECT_EQ(read_iso_span(iso), span) << iso;
        EXPECT_EQ(read_span(span_text(span)), span) << span_text(span);
    }
}

TEST(Time, WritesIso) {
    const auto iso = [](Ticks span) {
        std::string text;
        append_iso_span(text, span);
        return text;
    };
    EXPECT_EQ(iso(30 * day), "P30D");
    EXPECT_EQ(iso(hour + 30 * ticks_per_minute), "PT1H30M");
    EXPECT_EQ(iso(day + ticks_per_second / 2), "P1DT0.5S");
    EXPECT_EQ(iso(ticks_per_second), "PT1S");
    std::string text;
    append_iso_instant(text, 9821 * day + 1);
    EXPECT_EQ(text, "2026-11-21T00:00:00.000001Z");
}

TEST(Time, ReadsVariantsOfIso) {
    const Ticks noon = read_iso_instant("2026-11-21T12:00:00Z");
    for (const char *text : {"2026-11-21t12:00:00z", "2026-11-21 12:00:00+00", "2026-11-21T14:00:00+02:00",
                             "2026-11-21T14:00:00+0200", " 2026-11-21T12:00Z ", "2026-11-21T12:00:00.0Z",
                             "2026-11-21T11:00:00-01", "2026-11-21 12:00:00 +00:00", "2026-11-21T11:59:59.9999999Z"})
        EXPECT_EQ(read_iso_instant(text), noon) << text;
    EXPECT_EQ(read_iso_span("P2W"), 14 * day);
    EXPECT_EQ(read_iso_span("p1dt2h3m4.5s"), day + 2 * hour + 3 * ticks_per_minute + 4 * ticks_per_second + 500'000);
    EXPECT_EQ(read_iso_span("PT36H"), 36 * hour);
    EXPECT_EQ(read_iso_span("PT0,5S"), 500'000);
}

TEST(Time, RefusesMalformedIso) {
    for (const char *text :
         {"", "2026-11-21", "2026-11-21T00:00:00", "2026-1-21T00:00:00Z", "26-11-21T00:00:00Z", "2026-11-21T00Z",
          "2026-11-21T00:00:00+", "2026-11-21T00:00:00+2", "2026-11-21T00:00:00Zz", "2026-11-21T00:00:00+16",
          "2026-11-21T00:00:00.Z", "2026-11-21T00:00:00+02:60", "x", "2026-11-21T00:00:00+02:00:00:00"})
        expect_error(ErrorKind::invalid_text, "invalid time", [&] { read_iso_instant(text); });
    for (const char *text :
         {"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-11-31T00:00:00Z",
          "2026-11-21T24:00:00Z", "2026-11-21T00:60:00Z", "1399-12-31T00:00:00Z", "10000-01-01T00:00:00Z", "infinity",
          "-Infinity", "1400-01-01T00:00:00+01", "9999-12-31T23:59:59.9999999Z"})
        expect_error(ErrorKind::time_out_of_range, "time", [&] { read_iso_instant(text); });
    for (const char *text : {"", "P", "PT", "P1", "30D", "P1DT", "P1S", "PT1D", "P1.5D", "PT1.S", "P1D1D", "PT1M1H",
                             "P-1D", "P1DT1H ago", "PT1S1S", "P99999999999999999999D"})
        expect_error(ErrorKind::invalid_text, "invalid half-life", [&] { read_iso_span(text); });
    expect_error(ErrorKind::invalid_parameter, "no fixed length", [] { read_iso_span("P1M"); });
    expect_error(ErrorKind::invalid_parameter, "no fixed length", [] { read_iso_span("P1Y"); });
    expect_error(ErrorKind::time_out_of_range, "longer", [] { read_iso_span("P3300001D"); });
    expect_error(ErrorKind::time_out_of_range, "longer", [] { read_iso_span("P999999999999999999D"); });
}

TEST(Time, FixedLength) {
    EXPECT_EQ(fixed_length(0, 30, 1), 30 * day + 1);
    EXPECT_EQ(fixed_length(0, -1, hour), hour - day);
    expect_error(ErrorKind::invalid_parameter, "no fixed length", [] { fixed_length(1, 0, 0); });
    expect_error(ErrorKind::time_out_of_range, "longer", [] { fixed_length(0, 2'147'483'647, 0); });
    expect_error(ErrorKind::time_out_of_range, "longer", [] { fixed_length(0, 0, INT64_MAX); });
    expect_error(ErrorKind::time_out_of_range, "longer", [] { fixed_length(0, -2'147'483'647, INT64_MIN); });
}

} // namespace leadscore::test
