// The type decay: input, output, weights.

#include <string_view>

#include "core/decay_text.hpp"
#include "pg/backend/time_datum.hpp"
#include "pg/backend/type_datum.hpp"

using namespace leadscore;
using namespace leadscore::pg;

LEADSCORE_FUNCTION(decay_in) {
    const char *text = PG_GETARG_CSTRING(0);
    return guarded([&] { return datum_of(core::read_decay(text, read_interval_text)); });
}

LEADSCORE_FUNCTION(decay_out) {
    return guarded([&] { return cstring_of(core::decay_text(decay_of(PG_GETARG_DATUM(0)))); });
}

LEADSCORE_FUNCTION(decay_recv) {
    return guarded([&] { return datum_of(core::Decay::decode(rest_of_message(PG_GETARG_DATUM(0)))); });
}

// The stored form is the binary form.
LEADSCORE_FUNCTION(decay_send) {
    const core::Bytes stored = decay_bytes(PG_GETARG_DATUM(0));
    bytea *result = new_bytea(stored.size());
    memcpy(content_of(result), stored.data(), stored.size());
    PG_RETURN_BYTEA_P(result);
}

LEADSCORE_FUNCTION(decay_weight_at_age) {
    return guarded([&] {
        const core::DecayView decay(decay_bytes(PG_GETARG_DATUM(0)));
        return Float8GetDatum(decay.weight(span_of(PG_GETARG_INTERVAL_P(1), "age")));
    });
}

LEADSCORE_FUNCTION(decay_weight_at) {
    return guarded([&] {
        const core::DecayView decay(decay_bytes(PG_GETARG_DATUM(0)));
        const core::Ticks occurred_at = instant_of(PG_GETARG_TIMESTAMPTZ(1), "occurred_at");
        const core::Ticks as_of = instant_of(PG_GETARG_TIMESTAMPTZ(2), "as_of");
        return Float8GetDatum(decay.weight(as_of - occurred_at));
    });
}

LEADSCORE_FUNCTION(decay_half_life) {
    const core::Ticks half_life = guarded([&] { return decay_of(PG_GETARG_DATUM(0)).half_life_ticks(); });
    if (half_life == 0)
        PG_RETURN_NULL();
    PG_RETURN_INTERVAL_P(interval_of(half_life));
}

LEADSCORE_FUNCTION(decay_has_boundary) {
    return guarded([&] { return BoolGetDatum(decay_of(PG_GETARG_DATUM(0)).has_boundary()); });
}
