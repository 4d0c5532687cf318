// The type score: comparing, hashing, sorting.

#include "core/score_order.hpp"
#include "pg/backend/type_datum.hpp"

using namespace leadscore;
using namespace leadscore::pg;

namespace {

int compare_datums(Datum left, Datum right) { return core::compare(score_of(left), score_of(right)); }

int compare_arguments(FunctionCallInfo fcinfo) {
    return guarded([&] { return compare_datums(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)); });
}

// The key as bytes without padding.
struct HashedKey {
    uint64 half_life;
    int64 sign;
    uint64 high;
    uint64 low;
};

HashedKey hashed_key(Datum datum) {
    return guarded([&] {
        const core::ScoreKey key = core::key_of(score_of(datum));
        const auto magnitude = static_cast<core::UnsignedWide>(key.magnitude);
        return HashedKey{key.half_life, key.sign, static_cast<uint64>(magnitude >> 64), static_cast<uint64>(magnitude)};
    });
}

int sort_comparator(Datum left, Datum right, SortSupport) {
    return guarded([&] { return compare_datums(left, right); });
}

#if SIZEOF_DATUM == 8
Datum abbreviate(Datum original, SortSupport) {
    return guarded([&] { return static_cast<Datum>(core::abbreviated(score_of(original))); });
}

// An abbreviated key costs about what one full comparison does, so it pays even where many are equal.
bool never_abort(int, SortSupport) { return false; }
#endif

} // namespace

LEADSCORE_FUNCTION(score_cmp) { PG_RETURN_INT32(compare_arguments(fcinfo)); }
LEADSCORE_FUNCTION(score_eq) { PG_RETURN_BOOL(compare_arguments(fcinfo) == 0); }
LEADSCORE_FUNCTION(score_ne) { PG_RETURN_BOOL(compare_arguments(fcinfo) != 0); }
LEADSCORE_FUNCTION(score_lt) { PG_RETURN_BOOL(compare_arguments(fcinfo) < 0); }
LEADSCORE_FUNCTION(score_le) { PG_RETURN_BOOL(compare_arguments(fcinfo) <= 0); }
LEADSCORE_FUNCTION(score_gt) { PG_RETURN_BOOL(compare_arguments(fcinfo) > 0); }
LEADSCORE_FUNCTION(score_ge) { PG_RETURN_BOOL(compare_arguments(fcinfo) >= 0); }

// Of two equal scores the first, so that min and max do not depend on the plan more than they must.
LEADSCORE_FUNCTION(score_smaller) { return PG_GETARG_DATUM(compare_arguments(fcinfo) <= 0 ? 0 : 1); }
LEADSCORE_FUNCTION(score_larger) { return PG_GETARG_DATUM(compare_arguments(fcinfo) >= 0 ? 0 : 1); }

LEADSCORE_FUNCTION(score_hash) {
    const HashedKey key = hashed_key(PG_GETARG_DATUM(0));
    return hash_any(static_cast<const unsigned char *>(static_cast<const void *>(&key)), sizeof(key));
}

LEADSCORE_FUNCTION(score_hash_extended) {
    const HashedKey key = hashed_key(PG_GETARG_DATUM(0));
    return hash_any_extended(static_cast<const unsigned char *>(static_cast<const void *>(&key)), sizeof(key),
                             static_cast<uint64>(PG_GETARG_INT64(1)));
}

LEADSCORE_FUNCTION(score_sortsupport) {
    auto *support = static_cast<SortSupport>(static_cast<void *>(PG_GETARG_POINTER(0)));
    support->comparator = sort_comparator;
#if SIZEOF_DATUM == 8
    if (support->abbreviate) {
        support->abbrev_full_comparator = sort_comparator;
        support->comparator = ssup_datum_unsigned_cmp;
        support->abbrev_converter = abbreviate;
        support->abbrev_abort = never_abort;
    }
#endif
    PG_RETURN_VOID();
}
