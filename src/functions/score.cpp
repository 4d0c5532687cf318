// The type score: input, output, construction, reading, arithmetic.

#include "core/score_text.hpp"
#include "pg/backend/time_datum.hpp"
#include "pg/backend/type_datum.hpp"

using namespace leadscore;
using namespace leadscore::pg;

LEADSCORE_FUNCTION(score_in) {
    const char *text = PG_GETARG_CSTRING(0);
    return datum_of(guarded([&] { return core::read_score(text); }));
}

LEADSCORE_FUNCTION(score_out) {
    return guarded([&] { return cstring_of(core::score_text(score_of(PG_GETARG_DATUM(0)))); });
}

LEADSCORE_FUNCTION(score_recv) {
    return datum_of(guarded([&] { return core::Score::decode(rest_of_message(PG_GETARG_DATUM(0))); }));
}

LEADSCORE_FUNCTION(score_send) {
    const core::Score score = guarded([&] { return score_of(PG_GETARG_DATUM(0)); });
    bytea *result = new_bytea(core::Score::encoded_size);
    score.encode(content_of(result));
    PG_RETURN_BYTEA_P(result);
}

LEADSCORE_FUNCTION(score_make) {
    return datum_of(guarded([&] {
        const core::Ticks at = instant_of(PG_GETARG_TIMESTAMPTZ(1), "time");
        return core::Score(PG_GETARG_FLOAT8(0), at, positive_span_of(PG_GETARG_INTERVAL_P(2), "half_life"));
    }));
}

LEADSCORE_FUNCTION(score_make_constant) {
    return datum_of(guarded([&] { return core::Score(PG_GETARG_FLOAT8(0)); }));
}

LEADSCORE_FUNCTION(score_value_at) {
    return guarded([&] {
        const core::Ticks at = instant_of(PG_GETARG_TIMESTAMPTZ(1), "time");
        return Float8GetDatum(score_of(PG_GETARG_DATUM(0)).value_at(at));
    });
}

LEADSCORE_FUNCTION(score_points) {
    return guarded([&] { return Float8GetDatum(score_of(PG_GETARG_DATUM(0)).points()); });
}

LEADSCORE_FUNCTION(score_reference_time) {
    const core::Score score = guarded([&] { return score_of(PG_GETARG_DATUM(0)); });
    if (!score.decays())
        PG_RETURN_NULL();
    PG_RETURN_TIMESTAMPTZ(score.reference());
}

LEADSCORE_FUNCTION(score_half_life) {
    const core::Score score = guarded([&] { return score_of(PG_GETARG_DATUM(0)); });
    if (!score.decays())
        PG_RETURN_NULL();
    PG_RETURN_INTERVAL_P(interval_of(score.half_life()));
}

LEADSCORE_FUNCTION(score_cools_at) {
    const auto instant = guarded([&] { return score_of(PG_GETARG_DATUM(0)).cools_at(PG_GETARG_FLOAT8(1)); });
    if (!instant)
        PG_RETURN_NULL();
    PG_RETURN_TIMESTAMPTZ(*instant);
}

LEADSCORE_FUNCTION(score_add) {
    return datum_of(guarded([&] { return score_of(PG_GETARG_DATUM(0)) + score_of(PG_GETARG_DATUM(1)); }));
}

LEADSCORE_FUNCTION(score_subtract) {
    return datum_of(guarded([&] { return score_of(PG_GETARG_DATUM(0)) - score_of(PG_GETARG_DATUM(1)); }));
}

LEADSCORE_FUNCTION(score_negate) {
    return datum_of(guarded([&] { return -score_of(PG_GETARG_DATUM(0)); }));
}

LEADSCORE_FUNCTION(score_multiply) {
    return datum_of(guarded([&] { return score_of(PG_GETARG_DATUM(0)) * PG_GETARG_FLOAT8(1); }));
}

LEADSCORE_FUNCTION(score_multiply_commuted) {
    return datum_of(guarded([&] { return score_of(PG_GETARG_DATUM(1)) * PG_GETARG_FLOAT8(0); }));
}

LEADSCORE_FUNCTION(score_divide) {
    return datum_of(guarded([&] { return score_of(PG_GETARG_DATUM(0)) / PG_GETARG_FLOAT8(1); }));
}
