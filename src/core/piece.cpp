#include <algorithm>
#include <cmath>

#include "core/piece.hpp"

namespace leadscore::core {

namespace {

Ticks end_of_piece(const Decay &decay, Ticks age) {
    Ticks end = endless;
    for (const Ticks boundary : decay.boundaries())
        if (boundary >= age)
            end = std::min(end, boundary);
    const Ticks every = decay.repeats_every();
    // A factor of 1 steps nowhere.
    if (every != 0 && decay.curve().factor != 1 && decay.weight(age) > 0) {
        const Ticks held = std::max<Ticks>(age - decay.curve().hold, 0);
        const Ticks spans = std::max<Ticks>((held + every - 1) / every, 1);
        end = std::min(end, decay.curve().hold + spans * every);
    }
    return end;
}

} // namespace

Piece piece_at(const Decay &decay, Ticks age) {
    const Curve &curve = decay.curve();
    Piece piece;
    piece.until = end_of_piece(decay, age);
    const double weight = decay.weight(age);
    const bool holds = curve.hold != 0 && age <= curve.hold;
    if (curve.kind == DecayKind::exponential && holds)
        piece.held = weight;
    else
        piece.fading = weight;
    if (curve.kind == DecayKind::linear && !holds && weight > 0)
        piece.falling = 1.0 / static_cast<double>(curve.span);
    return piece;
}

Ticks next_change(const Decay &decay, Ticks occurred_at, Ticks instant) {
    // What is planned begins to count when it occurs.
    const Ticks until = instant < occurred_at ? -1 : piece_at(decay, instant - occurred_at).until;
    return until == endless ? endless : occurred_at + until + 1;
}

double sum_after(Ticks half_life, double fading, double held, double falling, Ticks ticks) {
    const double span = static_cast<double>(ticks);
    if (half_life != 0)
        fading *= std::exp2(-span / static_cast<double>(half_life));
    return fading + held - falling * span;
}

namespace {

// How far ahead of a boundary to look, so that what is about to pass it need not be looked for each time.
Ticks lookahead(Ticks boundary) { return boundary / 32; }

// More periods than this are read as one.
constexpr std::size_t most_periods = 8;

// Activities that pass ages from `first` to `last`.
Period passing(Ticks first, Ticks last, Ticks ahead, Ticks since, Ticks until) {
    return {since - last - 1, until - first - 1 + ahead};
}

std::vector<Period> joined(std::vector<Period> periods) {
    std::sort(periods.begin(), periods.end(), [](const Period &a, const Period &b) { return a.from < b.from; });
    std::vector<Period> result;
    for (const Period &period : periods) {
        if (!result.empty() && (result.back().to == endless || period.from <= result.back().to + 1))
            result.back().to = std::max(result.back().to, period.to);
        else
            result.push_back(period);
    }
    return result;
}

} // namespace

std::vector<Period> occurrences_of_changes(const Decay &decay, Ticks since, Ticks until) {
    std::vector<Period> periods{{since, endless}}; // what begins to count
    for (const Ticks boundary : decay.boundaries())
        periods.push_back(passing(boundary, boundary, lookahead(boundary), since, until));
    if (const Ticks every = decay.repeats_every(); every != 0) {
        const Ticks first = decay.curve().hold + every;
        periods.push_back(
            passing(first, decay.vanishes_after().value_or(longest_span), lookahead(every), since, until));
    }
    if (periods.size() > most_periods) {
        Period all = periods[1];
        for (std::size_t i = 2; i < periods.size(); i++)
            all = {std::min(all.from, periods[i].from), std::max(all.to, periods[i].to)};
        periods = {periods[0], all};
    }
    return joined(std::move(periods));
}

Ticks next_look(const Decay &decay, Ticks last, Ticks until) {
    Ticks next = endless;
    for (const Ticks boundary : decay.boundaries())
        if (until - last <= boundary)
            next = std::min(next, until + lookahead(boundary));
    if (const Ticks every = decay.repeats_every(); every != 0 && decay.weight(until - last) > 0)
        next = std::min(next, until + lookahead(every));
    return next;
}

} // namespace leadscore::core
