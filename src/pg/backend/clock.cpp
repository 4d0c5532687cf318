#include "pg/backend/clock.hpp"

namespace leadscore::pg {

namespace {

char *clock_setting = nullptr;
const TimestampTz *fixed_instant = nullptr;

// A pure input function takes no locks and holds no resources, so that its error may be caught without a
// subtransaction.
bool parse_instant(const char *text, TimestampTz *instant) {
    MemoryContext context = CurrentMemoryContext;
    volatile bool parsed = false;
    PG_TRY();
    {
        *instant = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(text),
                                                           ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
        parsed = true;
    }
    PG_CATCH();
    {
        MemoryContextSwitchTo(context);
        FlushErrorState();
    }
    PG_END_TRY();
    return parsed;
}

bool check_clock(char **value, void **extra, GucSource) {
    if (*value == nullptr || (*value)[0] == '\0')
        return true;
    TimestampTz instant = 0;
    if (!parse_instant(*value, &instant) || TIMESTAMP_NOT_FINITE(instant)) {
        GUC_check_errcode(ERRCODE_INVALID_PARAMETER_VALUE);
        GUC_check_errdetail("\"%s\" is not a finite timestamp.", *value);
        GUC_check_errhint("Give an instant such as 2026-11-21 00:00:00+00, or an empty string for now().");
        return false;
    }
    *extra = allocate_setting_extra(sizeof(TimestampTz));
    if (*extra == nullptr)
        return false;
    *static_cast<TimestampTz *>(*extra) = instant;
    return true;
}

void assign_clock(const char *, void *extra) { fixed_instant = static_cast<const TimestampTz *>(extra); }

} // namespace

void define_clock_setting() {
    DefineCustomStringVariable("pg_leadscore.clock", "Replaces now() as the instant at which scores are read.",
                               "For tests and rehearsals; empty means now().", &clock_setting, "", PGC_SUSET, 0,
                               check_clock, assign_clock, nullptr);
    MarkGUCPrefixReserved("pg_leadscore");
}

TimestampTz reading_instant() {
    return fixed_instant != nullptr ? *fixed_instant : GetCurrentTransactionStartTimestamp();
}

TimestampTz folding_instant() { return fixed_instant != nullptr ? *fixed_instant : GetCurrentTimestamp(); }

} // namespace leadscore::pg
