#include <string>

#include "core/error.hpp"
#include "pg/backend/guard.hpp"
#include "pg/backend/time_datum.hpp"

namespace leadscore::pg {

namespace {

core::Ticks length_of(const Interval &interval) {
#if PG_VERSION_NUM >= 170000
    if (INTERVAL_NOT_FINITE(&interval))
        throw core::Error(core::ErrorKind::time_out_of_range, "is infinite");
#endif
    return core::fixed_length(interval.month, interval.day, interval.time);
}

// Interval input reads signs by this setting; text of a type must mean the same in every session.
class PostgresIntervalStyle {
public:
    PostgresIntervalStyle() : before_(IntervalStyle) { IntervalStyle = INTSTYLE_POSTGRES; }
    ~PostgresIntervalStyle() { IntervalStyle = before_; }
    PostgresIntervalStyle(const PostgresIntervalStyle &) = delete;
    PostgresIntervalStyle &operator=(const PostgresIntervalStyle &) = delete;

private:
    int before_;
};

} // namespace

core::Ticks unusual_span_of(const Interval *interval, const char *name) {
    try {
        return length_of(*interval);
    } catch (const core::Error &error) {
        throw core::Error(error.kind(), std::string(name) + " " + error.what(), error.detail(), error.hint());
    }
}

void refuse_span_of_zero(const char *name) {
    throw core::Error(core::ErrorKind::invalid_parameter, std::string(name) + " must be longer than zero");
}

Interval *interval_of(core::Ticks span) {
    auto *interval = static_cast<Interval *>(palloc(sizeof(Interval)));
    interval->month = 0;
    interval->day = static_cast<int32>(span / core::ticks_per_day);
    interval->time = span % core::ticks_per_day;
    return interval;
}

core::Ticks read_interval_text(std::string_view text) {
    const PostgresIntervalStyle style;
    try {
        const Interval interval = unwinding([&] {
            char *copy = pnstrdup(text.data(), text.size());
            return *DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(copy),
                                                          ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
        });
        return length_of(interval);
    } catch (const PostgresError &error) {
        const int sqlstate = error.data->sqlerrcode;
        if (sqlstate == ERRCODE_INVALID_DATETIME_FORMAT || sqlstate == ERRCODE_INVALID_TEXT_REPRESENTATION)
            throw core::Error(core::ErrorKind::invalid_text, "is not a span of time");
        if (sqlstate == ERRCODE_DATETIME_FIELD_OVERFLOW || sqlstate == ERRCODE_INTERVAL_FIELD_OVERFLOW ||
            sqlstate == ERRCODE_DATETIME_VALUE_OUT_OF_RANGE)
            throw core::Error(core::ErrorKind::time_out_of_range, "is out of range");
        throw;
    }
}

} // namespace leadscore::pg
