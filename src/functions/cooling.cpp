// When the points of an entity will be at or below a threshold; see core/cooling.hpp.

#include <cmath>
#include <deque>
#include <optional>
#include <vector>

#include "core/cooling.hpp"
#include "pg/backend/time_datum.hpp"
#include "pg/backend/type_datum.hpp"

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

// A sum is a part of one before it.
void check_place(Datum number, int count) {
    if (DatumGetInt32(number) < 0 || DatumGetInt32(number) >= count)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("there is no such sum")));
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

// falls_to(points float8[], occurred_at timestamptz[], decays decay[], sums int[], part_of int[], lowest float8[],
// highest float8[], instant, threshold) → the first instant from then on
LEADSCORE_FUNCTION(falls_to) {
    if (PG_ARGISNULL(7) || PG_ARGISNULL(8))
        PG_RETURN_NULL();
    const Values points = values_argument(fcinfo, 0);
    const Values times = values_argument(fcinfo, 1);
    const Values decays = values_argument(fcinfo, 2);
    const Values numbers = values_argument(fcinfo, 3);
    const Values part_of = values_argument(fcinfo, 4);
    const Values least = values_argument(fcinfo, 5);
    const Values most = values_argument(fcinfo, 6);
    if (points.count != times.count || points.count != decays.count || points.count != numbers.count ||
        part_of.count != least.count || part_of.count != most.count)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("the arrays must be of the same length")));
    for (int i = 0; i < points.count; i++)
        check_place(numbers.items[i], part_of.count);
    for (int i = 0; i < part_of.count; i++)
        check_place(part_of.items[i], Max(i, 1));
    const core::Ticks none = core::last_instant + 1;
    const core::Ticks found = guarded([&] {
        std::vector<core::ClampedSum> sums;
        sums.reserve(static_cast<std::size_t>(part_of.count));
        for (int i = 0; i < part_of.count; i++)
            sums.push_back({static_cast<std::size_t>(DatumGetInt32(part_of.items[i])), DatumGetFloat8(least.items[i]),
                            DatumGetFloat8(most.items[i])});
        Decays known;
        std::vector<core::DecayingPoints> all;
        all.reserve(static_cast<std::size_t>(points.count));
        for (int i = 0; i < points.count; i++) {
            const double number = DatumGetFloat8(points.items[i]);
            if (!std::isfinite(number))
                throw core::Error(core::ErrorKind::out_of_range, "a rule gives points that are not a number", {},
                                  "Mend the rule or the data, then publish the score again.");
            all.push_back({number, instant_of(DatumGetTimestampTz(times.items[i]), "occurred_at"),
                           known.find(decays.items[i]), static_cast<std::size_t>(DatumGetInt32(numbers.items[i]))});
        }
        return core::falls_to(all, instant_of(PG_GETARG_TIMESTAMPTZ(7), "instant"), PG_GETARG_FLOAT8(8), sums,
                              check_for_interrupts)
            .value_or(none);
    });
    if (found == none)
        PG_RETURN_NULL();
    PG_RETURN_TIMESTAMPTZ(found);
}
