// The types of the aggregate states: input and output, for partial aggregates that travel between servers.

#include "core/accumulators.hpp"
#include "pg/backend/type_datum.hpp"

using namespace leadscore;
using namespace leadscore::pg;

namespace {

template <typename State> Datum state_in(FunctionCallInfo fcinfo) {
    const char *text = PG_GETARG_CSTRING(0);
    const State state = guarded([&] { return core::read_state<State>(text); });
    return PointerGetDatum(memcpy(palloc(sizeof(State)), &state, sizeof(State)));
}

template <typename State> const State &state_argument(FunctionCallInfo fcinfo) {
    return *static_cast<const State *>(static_cast<const void *>(PG_GETARG_POINTER(0)));
}

template <typename State> Datum state_out(FunctionCallInfo fcinfo) {
    return guarded([&] { return cstring_of(core::state_text(state_argument<State>(fcinfo))); });
}

template <typename State> Datum state_recv(FunctionCallInfo fcinfo) {
    const State state = guarded([&] { return core::decode_state<State>(rest_of_message(PG_GETARG_DATUM(0))); });
    return PointerGetDatum(memcpy(palloc(sizeof(State)), &state, sizeof(State)));
}

template <typename State> Datum state_send(FunctionCallInfo fcinfo) {
    bytea *result = new_bytea(sizeof(State));
    core::encode_state(state_argument<State>(fcinfo), content_of(result));
    PG_RETURN_BYTEA_P(result);
}

} // namespace

LEADSCORE_FUNCTION(decayed_sum_state_in) { return state_in<core::SumState>(fcinfo); }
LEADSCORE_FUNCTION(decayed_sum_state_out) { return state_out<core::SumState>(fcinfo); }
LEADSCORE_FUNCTION(decayed_sum_state_recv) { return state_recv<core::SumState>(fcinfo); }
LEADSCORE_FUNCTION(decayed_sum_state_send) { return state_send<core::SumState>(fcinfo); }

LEADSCORE_FUNCTION(decayed_avg_state_in) { return state_in<core::AverageState>(fcinfo); }
LEADSCORE_FUNCTION(decayed_avg_state_out) { return state_out<core::AverageState>(fcinfo); }
LEADSCORE_FUNCTION(decayed_avg_state_recv) { return state_recv<core::AverageState>(fcinfo); }
LEADSCORE_FUNCTION(decayed_avg_state_send) { return state_send<core::AverageState>(fcinfo); }

LEADSCORE_FUNCTION(score_sum_state_in) { return state_in<core::ScoreSumState>(fcinfo); }
LEADSCORE_FUNCTION(score_sum_state_out) { return state_out<core::ScoreSumState>(fcinfo); }
LEADSCORE_FUNCTION(score_sum_state_recv) { return state_recv<core::ScoreSumState>(fcinfo); }
LEADSCORE_FUNCTION(score_sum_state_send) { return state_send<core::ScoreSumState>(fcinfo); }
