// The type decay: comparing and hashing. Equal decays have equal bytes, and their order is that of the bytes.

#include <algorithm>
#include <cstring>

#include "pg/backend/type_datum.hpp"

using namespace leadscore;
using namespace leadscore::pg;

namespace {

int compare_arguments(FunctionCallInfo fcinfo) {
    const core::Bytes left = decay_bytes(PG_GETARG_DATUM(0));
    const core::Bytes right = decay_bytes(PG_GETARG_DATUM(1));
    const int order = memcmp(left.data(), right.data(), std::min(left.size(), right.size()));
    if (order != 0)
        return order < 0 ? -1 : 1;
    return left.size() < right.size() ? -1 : left.size() > right.size() ? 1 : 0;
}

} // namespace

LEADSCORE_FUNCTION(decay_cmp) { PG_RETURN_INT32(compare_arguments(fcinfo)); }
LEADSCORE_FUNCTION(decay_eq) { PG_RETURN_BOOL(compare_arguments(fcinfo) == 0); }
LEADSCORE_FUNCTION(decay_ne) { PG_RETURN_BOOL(compare_arguments(fcinfo) != 0); }
LEADSCORE_FUNCTION(decay_lt) { PG_RETURN_BOOL(compare_arguments(fcinfo) < 0); }
LEADSCORE_FUNCTION(decay_le) { PG_RETURN_BOOL(compare_arguments(fcinfo) <= 0); }
LEADSCORE_FUNCTION(decay_gt) { PG_RETURN_BOOL(compare_arguments(fcinfo) > 0); }
LEADSCORE_FUNCTION(decay_ge) { PG_RETURN_BOOL(compare_arguments(fcinfo) >= 0); }

LEADSCORE_FUNCTION(decay_hash) {
    const core::Bytes bytes = decay_bytes(PG_GETARG_DATUM(0));
    return hash_any(bytes.data(), static_cast<int>(bytes.size()));
}

LEADSCORE_FUNCTION(decay_hash_extended) {
    const core::Bytes bytes = decay_bytes(PG_GETARG_DATUM(0));
    return hash_any_extended(bytes.data(), static_cast<int>(bytes.size()), static_cast<uint64>(PG_GETARG_INT64(1)));
}
