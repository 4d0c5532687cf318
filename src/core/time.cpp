#include <string>

#include "core/error.hpp"
#include "core/time.hpp"

namespace leadscore::core {

namespace {

const Instant &epoch() {
    static const Instant instant(boost::gregorian::date(2000, 1, 1));
    return instant;
}

} // namespace

void refuse_instant(const char *name) {
    throw Error(ErrorKind::time_out_of_range, std::string(name) + " is out of range",
                "Times from year 1400 to year 9999 are supported, infinite ones are not.");
}

Instant to_instant(Ticks ticks) { return epoch() + to_span(checked_instant(ticks, "time")); }

Ticks to_ticks(const Instant &instant) {
    if (instant.is_special())
        refuse_instant("time");
    return (instant - epoch()).ticks();
}

Span to_span(Ticks ticks) { return boost::posix_time::microseconds(ticks); }

Ticks fixed_length(std::int64_t months, std::int64_t days, std::int64_t microseconds) {
    if (months != 0)
        throw Error(ErrorKind::invalid_parameter, "has no fixed length", {},
                    "Months and years differ in length: write days, for example \"30 days\".");
    Ticks length = 0;
    if (__builtin_mul_overflow(days, ticks_per_day, &length) || __builtin_add_overflow(length, microseconds, &length) ||
        length > longest_span || length < -longest_span)
        throw Error(ErrorKind::time_out_of_range, "is longer than 3300000 days");
    return length;
}

} // namespace leadscore::core
