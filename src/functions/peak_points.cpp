// peak_points. Its state must keep every row, so it cannot have a fixed size: it is `internal`, an array that grows,
// with functions that turn it into bytes for parallel plans.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/bytes.hpp"
#include "core/peak.hpp"
#include "core/time_text.hpp"
#include "pg/backend/time_datum.hpp"
#include "pg/backend/type_datum.hpp"

using namespace leadscore;
using namespace leadscore::pg;
using core::Activity;

namespace {

constexpr int64 bytes_version = 1;
constexpr std::size_t header_size = 24; // version, span, NaN rows
constexpr std::size_t activity_size = 16;

struct PeakState {
    MemoryContext context; // of the aggregate
    core::Ticks span;      // 0: no row yet
    int64 nan_rows;        // kept apart: their order among the others is of no use
    std::size_t count;
    std::size_t capacity;
    bool in_order; // of time, which saves the sort
    Activity *activities;
};

MemoryContext aggregate_context(FunctionCallInfo fcinfo) {
    MemoryContext context = nullptr;
    if (AggCheckCallContext(fcinfo, &context) == 0)
        elog(ERROR, "peak_points: called outside of an aggregate");
    return context;
}

PeakState *new_state(MemoryContext context) {
    auto *state = static_cast<PeakState *>(MemoryContextAllocZero(context, sizeof(PeakState)));
    state->context = context;
    state->in_order = true;
    return state;
}

PeakState *state_argument(FunctionCallInfo fcinfo, int number) {
    return static_cast<PeakState *>(static_cast<void *>(PG_GETARG_POINTER(number)));
}

void reserve(PeakState &state, std::size_t count) {
    if (count <= state.capacity)
        return;
    state.capacity = std::max<std::size_t>({count, 16, state.capacity * 2});
    const std::size_t size = state.capacity * sizeof(Activity);
    state.activities = static_cast<Activity *>(state.activities == nullptr ? MemoryContextAllocHuge(state.context, size)
                                                                           : repalloc_huge(state.activities, size));
}

void append(PeakState &state, const Activity &activity) {
    reserve(state, state.count + 1);
    if (state.count > 0 && activity.occurred_at < state.activities[state.count - 1].occurred_at)
        state.in_order = false;
    state.activities[state.count++] = activity;
}

void use_span(PeakState &state, core::Ticks span) {
    if (state.span != 0 && state.span != span)
        throw core::Error(core::ErrorKind::mismatch, "peak_points has different spans: " + core::span_text(state.span) +
                                                         " and " + core::span_text(span));
    state.span = span;
}

void copy_activities(PeakState &to, const PeakState &from) {
    to.nan_rows += from.nan_rows;
    reserve(to, to.count + from.count);
    for (std::size_t index = 0; index < from.count; ++index)
        append(to, from.activities[index]);
}

void check_for_interrupts() {
    unwinding([] { CHECK_FOR_INTERRUPTS(); });
}

double peak_of(const PeakState &state) {
    if (state.nan_rows > 0)
        return std::numeric_limits<double>::quiet_NaN();
    std::span<const Activity> activities(state.activities, state.count);
    std::vector<Activity> sorted;
    if (!state.in_order) {
        // A copy: a final function must leave its state as it is.
        sorted.assign(activities.begin(), activities.end());
        std::sort(sorted.begin(), sorted.end(),
                  [](const Activity &a, const Activity &b) { return a.occurred_at < b.occurred_at; });
        activities = sorted;
    }
    return core::peak_points(activities, state.span, check_for_interrupts).value_or(0);
}

} // namespace

LEADSCORE_FUNCTION(peak_points_add) {
    MemoryContext context = aggregate_context(fcinfo);
    PeakState *state = PG_ARGISNULL(0) ? new_state(context) : state_argument(fcinfo, 0);
    if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
        PG_RETURN_POINTER(state);
    return guarded([&] {
        const Activity activity{instant_of(PG_GETARG_TIMESTAMPTZ(2), "occurred_at"), PG_GETARG_FLOAT8(1)};
        use_span(*state, positive_span_of(PG_GETARG_INTERVAL_P(3), "span"));
        if (std::isinf(activity.points))
            throw core::Error(core::ErrorKind::out_of_range, "points must be finite");
        if (std::isnan(activity.points))
            ++state->nan_rows;
        else
            append(*state, activity);
        return PointerGetDatum(state);
    });
}

LEADSCORE_FUNCTION(peak_points_combine) {
    MemoryContext context = aggregate_context(fcinfo);
    PeakState *state = PG_ARGISNULL(0) ? new_state(context) : state_argument(fcinfo, 0);
    if (PG_ARGISNULL(1))
        PG_RETURN_POINTER(state);
    return guarded([&] {
        const PeakState *other = state_argument(fcinfo, 1);
        if (other->span != 0)
            use_span(*state, other->span);
        copy_activities(*state, *other);
        return PointerGetDatum(state);
    });
}

LEADSCORE_FUNCTION(peak_points_serialize) {
    aggregate_context(fcinfo);
    const PeakState *state = state_argument(fcinfo, 0);
    // A bytea holds 1 GB; with more rows palloc says so.
    bytea *bytes = new_bytea(header_size + state->count * activity_size);
    unsigned char *to = content_of(bytes);
    to = core::store(to, bytes_version);
    to = core::store(to, state->span);
    to = core::store(to, state->nan_rows);
    for (std::size_t index = 0; index < state->count; ++index) {
        to = core::store(to, state->activities[index].occurred_at);
        to = core::store(to, state->activities[index].points);
    }
    PG_RETURN_BYTEA_P(bytes);
}

LEADSCORE_FUNCTION(peak_points_deserialize) {
    aggregate_context(fcinfo);
    const core::Bytes bytes = decay_bytes(PG_GETARG_DATUM(0));
    return guarded([&] {
        if (bytes.size() < header_size || (bytes.size() - header_size) % activity_size != 0 ||
            core::load_integer(bytes.data()) != bytes_version)
            throw core::Error(core::ErrorKind::invalid_binary, "invalid state of peak_points");
        // Deserialized states live as short as their input; combine copies them.
        PeakState *state = new_state(CurrentMemoryContext);
        state->span = core::load_integer(bytes.data() + 8);
        state->nan_rows = core::load_integer(bytes.data() + 16);
        reserve(*state, (bytes.size() - header_size) / activity_size);
        for (std::size_t at = header_size; at < bytes.size(); at += activity_size)
            append(*state, {core::load_integer(bytes.data() + at), core::load_number(bytes.data() + at + 8)});
        return PointerGetDatum(state);
    });
}

LEADSCORE_FUNCTION(peak_points_final) {
    aggregate_context(fcinfo);
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    const PeakState *state = state_argument(fcinfo, 0);
    if (state->count == 0 && state->nan_rows == 0)
        PG_RETURN_NULL();
    return guarded([&] { return Float8GetDatum(peak_of(*state)); });
}
