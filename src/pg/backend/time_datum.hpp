#pragma once

// Instants and spans between PostgreSQL and the core. Both count microseconds from the same day; what differs is the
// range, infinity, and that an interval may hold months.

#include <string_view>

#include "core/time.hpp"
#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

inline core::Ticks instant_of(TimestampTz time, const char *name) { return core::checked_instant(time, name); }

// Null for what stands for no instant.
inline NullableDatum timestamp_of(core::Ticks instant) {
    return {TimestampTzGetDatum(instant), !IS_VALID_TIMESTAMP(instant)};
}

core::Ticks unusual_span_of(const Interval *interval, const char *name);

// The length of an interval argument: fixed, finite. Errors begin with its name.
inline core::Ticks span_of(const Interval *interval, const char *name) {
    // What nearly every interval is cannot overflow.
    constexpr int32 most_days = 1'000'000;
    const bool usual = interval->month == 0 && interval->day >= 0 && interval->day < most_days && interval->time >= 0 &&
                       interval->time < core::ticks_per_day;
    if (!usual) [[unlikely]]
        return unusual_span_of(interval, name);
    return interval->day * core::ticks_per_day + interval->time;
}

// Positive as well.
[[noreturn]] void refuse_span_of_zero(const char *name);

inline core::Ticks positive_span_of(const Interval *interval, const char *name) {
    const core::Ticks span = span_of(interval, name);
    if (span <= 0) [[unlikely]]
        refuse_span_of_zero(name);
    return span;
}

// Days and the rest of a day. The result is palloc'd.
Interval *interval_of(core::Ticks span);

// Reads what interval input reads, alike under every setting of the session. Errors are predicates.
core::Ticks read_interval_text(std::string_view text);

} // namespace leadscore::pg
