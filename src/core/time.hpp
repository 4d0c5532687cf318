#pragma once

// Instants and spans. The vocabulary is Boost.Date_Time's; what is stored, and what inner loops work on, are its ticks:
// microseconds, of an instant since 2000-01-01 00:00 UTC, as PostgreSQL counts them.

#include <cstdint>

#include <boost/date_time/gregorian/gregorian_types.hpp>
#include <boost/date_time/posix_time/posix_time_types.hpp>

namespace leadscore::core {

using Instant = boost::posix_time::ptime;
using Span = boost::posix_time::time_duration;
using Ticks = std::int64_t;

static_assert(Span::rep_type::res_adjust() == 1'000'000, "Boost.Date_Time counts microseconds");

inline constexpr Ticks ticks_per_second = 1'000'000;
inline constexpr Ticks ticks_per_minute = 60 * ticks_per_second;
inline constexpr Ticks ticks_per_hour = 60 * ticks_per_minute;
inline constexpr Ticks ticks_per_day = 24 * ticks_per_hour;

// Boost's calendar: 1400-01-01 to the last microsecond of 9999.
inline constexpr Ticks first_instant = -219'145 * ticks_per_day;
inline constexpr Ticks last_instant = 2'921'940 * ticks_per_day - 1;

// Longer than the whole calendar, and small enough that sums of several spans and instants cannot overflow.
inline constexpr Ticks longest_span = 3'300'000 * ticks_per_day;

[[noreturn]] void refuse_instant(const char *name);

inline bool is_instant(Ticks ticks) noexcept { return ticks >= first_instant && ticks <= last_instant; }

// Passes ticks on that stand for an instant of the calendar; `name` is what the error calls it.
inline Ticks checked_instant(Ticks ticks, const char *name) {
    if (!is_instant(ticks)) [[unlikely]]
        refuse_instant(name);
    return ticks;
}

Instant to_instant(Ticks ticks);
Ticks to_ticks(const Instant &instant);
Span to_span(Ticks ticks);

// The length of what PostgreSQL calls an interval, a day being 24 hours. Errors are predicates ("has no fixed
// length"), for the caller to put the name of the span before them.
Ticks fixed_length(std::int64_t months, std::int64_t days, std::int64_t microseconds);

} // namespace leadscore::core
