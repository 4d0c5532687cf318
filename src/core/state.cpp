#include <algorithm>
#include <cmath>

#include "core/exact_sum.hpp"
#include "core/state.hpp"

namespace leadscore::core {

namespace {

// Of a state that is kept: a fifth of what a reader may be told.
constexpr double most_error = 1e-10;

// All that happened at one instant.
struct Moment {
    Ticks occurred_at;
    int facts = 0;
    std::int64_t activities = 0;
    ExactSum points;
    ExactSum magnitude;
    double traffic = 0; // what came and what went
};

void sort_by_time(std::span<Change> changes) {
    std::sort(changes.begin(), changes.end(),
              [](const Change &a, const Change &b) { return a.occurred_at < b.occurred_at; });
}

// Calls visit(moment) for each instant of the changes, which stand in their order.
template <typename Visit> void each_moment(std::span<const Change> changes, Visit visit) {
    for (std::size_t i = 0; i < changes.size();) {
        Moment moment{.occurred_at = changes[i].occurred_at, .points = {}, .magnitude = {}};
        for (; i < changes.size() && changes[i].occurred_at == moment.occurred_at; i++) {
            const Change &change = changes[i];
            moment.facts += change.sign;
            moment.activities += std::int64_t{change.sign} * change.activities;
            moment.points.add(change.sign * change.points);
            moment.magnitude.add(change.sign * std::fabs(change.points));
            moment.traffic += std::fabs(change.points);
        }
        visit(moment);
    }
}

// All points have one sign, or next to all.
double usual_magnitude(const State &state) { return std::max(std::fabs(state.points + state.held), vanishing); }

// That of a sum to which each activity was added once. A fiftieth, at the most, of what a reader may be told, so
// that a state with such an error answers for itself.
double usual_error(double magnitude, std::int64_t activities) {
    constexpr std::int64_t most_activities = 10000;
    const std::int64_t additions = std::clamp<std::int64_t>(activities, 0, most_activities) + 2;
    return magnitude * rounding * static_cast<double>(additions);
}

double carried(const Decay &decay, double points, double falling, Ticks from, Ticks to) {
    if (from == no_instant || to == no_instant || to < from)
        return 0;
    const double sum = sum_after(decay, points, 0, falling, to - from);
    return std::fabs(sum) < vanishing ? 0 : sum;
}

} // namespace

State shortened(State state) {
    // Of what a magnitude may be off by, nothing can be seen: once little is left of it, the error is seen to be too
    // large.
    constexpr double tolerance = 1e-12;
    const double usual = usual_magnitude(state);
    const bool is_usual = std::fabs(state.magnitude - usual) <= tolerance * usual;
    if (state.error <= usual_error(is_usual ? usual : state.magnitude, state.activities))
        state.error = unsaid;
    if (is_usual)
        state.magnitude = unsaid;
    return state;
}

State completed(State state) {
    if (std::isnan(state.magnitude))
        state.magnitude = usual_magnitude(state);
    if (std::isnan(state.error))
        state.error = usual_error(state.magnitude, state.activities);
    return state;
}

double error_when_read(const State &state) { return state.error + rounding * state.magnitude; }

Merged merge(const Decay &decay, const State &before, std::span<Change> changes, Ticks instant) {
    sort_by_time(changes);
    Ticks removed_at = no_instant;
    State after;
    after.last_activity_at = before.last_activity_at;
    after.next_change_at = before.next_change_at;
    each_moment(changes, [&](const Moment &moment) {
        const bool has_occurred = moment.occurred_at <= instant;
        if (moment.facts > 0)
            after.next_change_at = std::min(after.next_change_at, next_change(decay, moment.occurred_at, instant));
        if (moment.facts > 0 && has_occurred)
            after.last_activity_at = std::max(after.last_activity_at, moment.occurred_at);
        if (moment.facts < 0 && has_occurred)
            removed_at = moment.occurred_at;
    });

    const Ticks from = reference_of(before);
    const Ticks to = decay.has_boundary() ? instant : after.last_activity_at;
    ExactSum points;
    ExactSum held;
    ExactSum falling;
    ExactSum magnitude;
    double traffic = 0;
    after.activities = before.activities;
    each_moment(changes, [&](const Moment &moment) {
        if (moment.occurred_at <= instant)
            after.activities += moment.activities;
        if (to == no_instant || moment.occurred_at > to)
            return;
        const Piece piece = piece_at(decay, to - moment.occurred_at);
        const double weight = piece.fading + piece.held;
        points.add(moment.points.value() * piece.fading);
        held.add(moment.points.value() * piece.held);
        falling.add(moment.points.value() * piece.falling);
        magnitude.add(moment.magnitude.value() * weight);
        traffic += moment.traffic * weight;
    });

    const double carried_magnitude = carried(decay, before.magnitude, 0, from, to);
    after.points = carried(decay, before.points, before.falling, from, to) + points.value();
    after.magnitude = std::max(carried_magnitude + magnitude.value(), vanishing);
    after.error =
        carried(decay, before.error, 0, from, to) + std::max(carried_magnitude + traffic, vanishing) * rounding;
    // Where nothing changes any more, nothing is held or falls: only rounding is left of it.
    if (after.next_change_at != endless) {
        after.held = before.held + held.value();
        after.falling = before.falling + falling.value();
    }
    after.reference = decay.has_boundary() ? to : no_instant;

    // The instant is before the state's; the last activity was taken away; or a large amount was, and the small one
    // beneath it is lost.
    const bool unknown = before.next_change_at <= instant || (from != no_instant && from > instant) ||
                         (removed_at != no_instant && removed_at >= before.last_activity_at);
    const bool imprecise = after.error > most_error * std::max(1.0, after.magnitude) ||
                           (removed_at != no_instant && after.error > most_error * after.magnitude);
    // As it is when it is stored and read.
    return {completed(shortened(after)), unknown || imprecise};
}

Merged correct(const Decay &decay, const State &before, std::span<Change> changes, Ticks instant) {
    sort_by_time(changes);
    State after = before;
    after.next_change_at = endless;
    each_moment(changes, [&](const Moment &moment) {
        if (moment.facts <= 0)
            return;
        after.next_change_at = std::min(after.next_change_at, next_change(decay, moment.occurred_at, instant));
        if (moment.occurred_at <= instant)
            after.last_activity_at = std::max(after.last_activity_at, moment.occurred_at);
    });
    const Ticks from = reference_of(before);
    if (from == no_instant || from > instant || after.last_activity_at == no_instant)
        return {before, true};

    const Ticks to = decay.has_boundary() ? instant : after.last_activity_at;
    const auto vanishes_after = decay.vanishes_after();
    const bool has_faded = vanishes_after.has_value() && instant - after.last_activity_at > *vanishes_after;
    auto piece_of = [&](const Moment &moment, Ticks at) {
        return at < moment.occurred_at ? Piece{} : piece_at(decay, at - moment.occurred_at);
    };
    ExactSum points;
    ExactSum held;
    ExactSum falling;
    ExactSum magnitude;
    double traffic = 0;
    each_moment(changes, [&](const Moment &moment) {
        if (next_change(decay, moment.occurred_at, from) > instant)
            return;
        const Piece was = piece_of(moment, from);
        const Piece is = piece_of(moment, to);
        const double amount = moment.points.value();
        const double absolute = moment.magnitude.value();
        points.add(amount * is.fading);
        points.add(-carried(decay, amount * was.fading, amount * was.falling, from, to));
        held.add(amount * (is.held - was.held));
        falling.add(amount * (is.falling - was.falling));
        magnitude.add(absolute * (is.fading + is.held));
        magnitude.add(-carried(decay, absolute * (was.fading + was.held), 0, from, to));
        traffic += moment.traffic;
        if (moment.occurred_at > from && moment.occurred_at <= instant)
            after.activities += moment.activities;
    });
    after.next_change_at = std::min(after.next_change_at, next_look(decay, after.last_activity_at, instant));
    after.reference = decay.has_boundary() ? to : no_instant;
    after.points = carried(decay, before.points, before.falling, from, to) + points.value();
    after.magnitude = std::max(carried(decay, before.magnitude, 0, from, to) + magnitude.value(), vanishing);
    after.error = carried(decay, error_when_read(before), 0, from, to) + std::max(traffic, vanishing) * rounding;
    after.held = before.held + held.value();
    after.falling = before.falling + falling.value();
    if (has_faded) {
        after.points = after.error = 0;
        after.magnitude = vanishing;
    }
    // Where nothing changes any more, nothing is held or falls: only rounding is left of it.
    if (has_faded || after.next_change_at == endless)
        after.held = after.falling = 0;
    const bool imprecise = after.error > most_error * after.magnitude;
    return {completed(shortened(after)), imprecise};
}

} // namespace leadscore::core
