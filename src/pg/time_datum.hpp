#pragma once

// Instants and spans between PostgreSQL and the core. Both count microseconds from the same day; what differs is the
// range, infinity, and that an interval may hold months.

#include <string_view>

#include "core/time.hpp"
#include "pg/postgres.hpp"

namespace leadscore::pg {

inline core::Ticks instant_of(TimestampTz time, const char *name) { return core::checked_instant(time, name); }

// The length of an interval argument: fixed, finite. Errors begin with its name.
core::Ticks span_of(const Interval *interval, const char *name);

// Positive as well.
core::Ticks positive_span_of(const Interval *interval, const char *name);

// Days and the rest of a day. The result is palloc'd.
Interval *interval_of(core::Ticks span);

// Reads what interval input reads, alike under every setting of the session. Errors are predicates.
core::Ticks read_interval_text(std::string_view text);

} // namespace leadscore::pg
