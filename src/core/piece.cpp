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

double sum_after(const Decay &decay, double fading, double held, double falling, Ticks ticks) {
    const double span = static_cast<double>(ticks);
    const Ticks half_life = decay.half_life_ticks();
    if (half_life != 0)
        fading *= std::exp2(-span / static_cast<double>(half_life));
    return fading + held - falling * span;
}

} // namespace leadscore::core
