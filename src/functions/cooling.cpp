// When the points of an entity will be at or below a threshold; see core/cooling.hpp.

#include <cmath>
#include <deque>
#include <optional>
#include <vector>

#include "core/cooling.hpp"
#include "pg/time_datum.hpp"
#include "pg/type_datum.hpp"

using namespace leadscore;
using namespace leadscore::pg;

namespace {

struct Values {
    Datum *items = nullptr;
    int count = 0;
};

// NULL for no values; PostgreSQL's own error where one of them is.
Values values_argument(FunctionCallInfo fcinfo, int number) {
    Values values;
    if (PG_ARGISNULL(number))
        return values;
    ArrayType *array = PG_GETARG_ARRAYTYPE_P(number);
    int16 length = 0;
    bool by_value = false;
    char alignment = 0;
    get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &by_value, &alignment);
    if (array_contains_nulls(array))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("an activity's values must not be null")));
    deconstruct_array(array, ARR_ELEMTYPE(array), length, by_value, alignment, &values.items, nullptr, &values.count);
    return values;
}

// Each decay once, at an address that stays.
class Decays {
public:
    const core::Decay *find(Datum datum) {
        const core::Decay decay = decay_of(datum);
        for (const core::Decay &known : known_)
            if (known == decay)
                return &known;
        return &known_.emplace_back(decay);
    }

private:
    std::deque<core::Decay> known_;
};

void check_for_interrupts() {
    unwinding([] { CHECK_FOR_INTERRUPTS(); });
}

} // namespace

// falls_to(points float8[], occurred_at timestamptz[], decays decay[], instant, threshold) → the first instant from
// then on
LEADSCORE_FUNCTION(falls_to) {
    if (PG_ARGISNULL(3) || PG_ARGISNULL(4))
        PG_RETURN_NULL();
    const Values points = values_argument(fcinfo, 0);
    const Values times = values_argument(fcinfo, 1);
    const Values decays = values_argument(fcinfo, 2);
    if (points.count != times.count || points.count != decays.count)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("the arrays must be of the same length")));
    const core::Ticks none = core::last_instant + 1;
    const core::Ticks found = guarded([&] {
        Decays known;
        std::vector<core::DecayingPoints> all;
        all.reserve(static_cast<std::size_t>(points.count));
        for (int i = 0; i < points.count; i++) {
            const double number = DatumGetFloat8(points.items[i]);
            if (!std::isfinite(number))
                throw core::Error(core::ErrorKind::out_of_range, "a rule gives points that are not a number", {},
                                  "Mend the rule or the data, then publish the score again.");
            all.push_back(
                {number, instant_of(DatumGetTimestampTz(times.items[i]), "occurred_at"), known.find(decays.items[i])});
        }
        return core::falls_to(all, instant_of(PG_GETARG_TIMESTAMPTZ(3), "instant"), PG_GETARG_FLOAT8(4),
                              check_for_interrupts)
            .value_or(none);
    });
    if (found == none)
        PG_RETURN_NULL();
    PG_RETURN_TIMESTAMPTZ(found);
}
