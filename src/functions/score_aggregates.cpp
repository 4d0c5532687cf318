// score_agg and sum(score): one state, fed from activities or from scores.

#include <optional>

#include "core/accumulators.hpp"
#include "pg/backend/aggregate_state.hpp"
#include "pg/backend/time_datum.hpp"
#include "pg/backend/type_datum.hpp"

using namespace leadscore;
using namespace leadscore::pg;
using core::ScoreSumState;

namespace {

struct Row {
    double points;
    core::Ticks instant;
    core::Ticks half_life;
};

// What a call adds or removes: points, occurred_at, half_life; nothing where one of them is NULL.
std::optional<Row> activity_arguments(FunctionCallInfo fcinfo) {
    if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
        return std::nullopt;
    const core::Ticks half_life = positive_span_of(PG_GETARG_INTERVAL_P(3), "half_life");
    return Row{PG_GETARG_FLOAT8(1), instant_of(PG_GETARG_TIMESTAMPTZ(2), "occurred_at"),
               core::checked_half_life(half_life)};
}

std::optional<Row> score_argument(FunctionCallInfo fcinfo) {
    if (PG_ARGISNULL(1))
        return std::nullopt;
    const core::Score score = score_of(PG_GETARG_DATUM(1));
    return Row{score.points(), score.reference(), score.half_life()};
}

using ReadRow = std::optional<Row> (*)(FunctionCallInfo);

template <ReadRow read_row> Datum add_row(FunctionCallInfo fcinfo) {
    return guarded([&] {
        auto *state = state_to_change<ScoreSumState>(fcinfo);
        if (const auto row = read_row(fcinfo))
            state->add(row->points, row->instant, row->half_life);
        return PointerGetDatum(state);
    });
}

// NULL makes PostgreSQL add the frame up again.
template <ReadRow read_row> Datum remove_row(FunctionCallInfo fcinfo) {
    const auto state = guarded([&]() -> ScoreSumState * {
        auto *changed = state_to_change<ScoreSumState>(fcinfo);
        const auto row = read_row(fcinfo);
        if (row && !changed->remove(row->points, row->instant, row->half_life))
            return nullptr;
        return changed;
    });
    if (state == nullptr)
        PG_RETURN_NULL();
    PG_RETURN_POINTER(state);
}

} // namespace

LEADSCORE_FUNCTION(score_agg_add) { return add_row<activity_arguments>(fcinfo); }
LEADSCORE_FUNCTION(score_agg_remove) { return remove_row<activity_arguments>(fcinfo); }
LEADSCORE_FUNCTION(score_sum_add) { return add_row<score_argument>(fcinfo); }
LEADSCORE_FUNCTION(score_sum_remove) { return remove_row<score_argument>(fcinfo); }

LEADSCORE_FUNCTION(score_sum_combine) {
    return guarded([&] {
        auto *state = state_to_change<ScoreSumState>(fcinfo);
        state->add(*state_argument<ScoreSumState>(fcinfo, 1));
        return PointerGetDatum(state);
    });
}

LEADSCORE_FUNCTION(score_sum_final) {
    const auto *state = state_argument<ScoreSumState>(fcinfo, 0);
    if (state->rows == 0)
        PG_RETURN_NULL();
    return datum_of(guarded([&] { return state->value(); }));
}
