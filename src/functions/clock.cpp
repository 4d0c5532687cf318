#include "pg/backend/clock.hpp"
#include "pg/backend/guard.hpp"

using namespace leadscore::pg;

LEADSCORE_FUNCTION(clock) {
    (void)fcinfo;
    return TimestampTzGetDatum(reading_instant());
}

LEADSCORE_FUNCTION(folding_clock) {
    (void)fcinfo;
    return TimestampTzGetDatum(folding_instant());
}
