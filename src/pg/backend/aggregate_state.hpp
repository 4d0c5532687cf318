#pragma once

// Aggregate states as Datums.

#include <new>
#include <type_traits>

#include "pg/backend/guard.hpp"
#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

template <typename State> State *state_argument(FunctionCallInfo fcinfo, int number) {
    return static_cast<State *>(static_cast<void *>(PG_GETARG_POINTER(number)));
}

// What AggCheckCallContext finds out, without a call of a function for every row.
inline bool called_by_aggregate(FunctionCallInfo fcinfo) {
    return fcinfo->context != nullptr && (IsA(fcinfo->context, AggState) || IsA(fcinfo->context, WindowAggState));
}

// The state that a transition or combine function may change and return: the first argument itself where an aggregate
// calls, a copy where anybody else does; a new one where there is none yet, in the short-lived context, from which
// PostgreSQL copies it.
template <typename State> State *state_to_change(FunctionCallInfo fcinfo) {
    static_assert(std::is_trivially_copyable_v<State>);
    if (!PG_ARGISNULL(0) && called_by_aggregate(fcinfo))
        return state_argument<State>(fcinfo, 0);
    void *memory = palloc(sizeof(State));
    return PG_ARGISNULL(0) ? new (memory) State : new (memory) State(*state_argument<State>(fcinfo, 0));
}

} // namespace leadscore::pg
