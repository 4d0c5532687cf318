#include <algorithm>
#include <cmath>
#include <limits>

#include "core/rank.hpp"

namespace leadscore::core {

namespace {

constexpr double buckets_per_octave = 4;
constexpr int lasting_buckets_per_octave = 16;
constexpr double lowest_rank = -2147483647.0;
constexpr double highest_rank = 2147483647.0;

// Of a rank, before it is rounded down: what rounding may have done to it, several times over.
double uncertainty(double rank) { return 1e-9 + 4e-15 * std::fabs(rank); }

// In octaves: by how much amounts of an instant have faded by the next, seen from the beginning of the calendar.
double faded_octaves(const Decay &decay, Ticks instant) {
    const Ticks half_life = decay.half_life_ticks();
    return half_life == 0 ? 0 : static_cast<double>(instant) / static_cast<double>(half_life);
}

// What fades as fast as the decay lets fade, or stays, and is never less than the sum.
double upper_amount(const Decay &decay, const Sum &sum) {
    double amount = sum.fading + sum.held + sum.error;
    if (sum.held <= 0 && sum.falling >= 0)
        return amount;
    if (sum.next == endless)
        return std::numeric_limits<double>::infinity();
    const Ticks left = sum.next - sum.reference;
    // Held until the next look, as if it had faded from more.
    if (sum.held > 0)
        amount += sum.held * (std::exp2(faded_octaves(decay, left)) - 1);
    if (sum.falling < 0) {
        const double rise = -sum.falling * static_cast<double>(left);
        amount += rise + 4e-15 * (std::fabs(amount) + rise);
    }
    return amount;
}

// Each octave is divided into equal parts, without rounding.
double rank_of_lasting(double amount) {
    if (!std::isfinite(amount))
        return highest_rank;
    int octave = 0;
    const double part = 2 * std::frexp(amount, &octave) - 1;
    return octave * lasting_buckets_per_octave + std::ceil(part * lasting_buckets_per_octave);
}

// The highest amount of the rank.
double highest_lasting(std::int32_t rank) {
    const double octave = std::floor(static_cast<double>(rank) / lasting_buckets_per_octave);
    const double part = rank / static_cast<double>(lasting_buckets_per_octave) - octave;
    return std::ldexp(1 + part, static_cast<int>(octave) - 1);
}

bool is_highest_lasting(double amount) {
    return amount > 0 && std::isfinite(amount) &&
           amount == highest_lasting(static_cast<std::int32_t>(rank_of_lasting(amount)));
}

} // namespace

std::int32_t rank_above(double points) {
    return static_cast<std::int32_t>(rank_of_lasting(std::nextafter(points, std::numeric_limits<double>::infinity())));
}

std::optional<std::int32_t> rank_of(const Decay &decay, const Sum &sum) {
    const double amount = upper_amount(decay, sum);
    if (!(amount > 0))
        return std::nullopt;
    if (decay.half_life_ticks() == 0)
        return static_cast<std::int32_t>(rank_of_lasting(amount));
    const double rank = buckets_per_octave * (std::log2(amount) + faded_octaves(decay, sum.reference));
    return static_cast<std::int32_t>(std::clamp(std::floor(rank + uncertainty(rank)), lowest_rank, highest_rank));
}

std::optional<std::int32_t> rank_of(const Decay &decay, const State &state) {
    Sum sum;
    sum.fading = state.points;
    sum.held = state.held;
    sum.falling = state.falling;
    sum.reference = reference_of(state);
    sum.next = state.next_change_at;
    if (sum.reference == no_instant)
        return std::nullopt;
    // With less than this the state is read as it is, with more its rows may say something else. So they may in the
    // last digits, where a sum does not look like one that no rounding touched.
    constexpr double least_error = 1e-10;
    const double error = error_when_read(state);
    const bool is_exact = decay.half_life_ticks() != 0 || is_highest_lasting(state.points + state.held);
    sum.error = error > least_error || !is_exact ? 2 * error : 0;
    return rank_of(decay, sum);
}

double bound_of_rank(const Decay &decay, std::int32_t rank, Ticks instant) {
    if (rank == static_cast<std::int32_t>(highest_rank))
        return std::numeric_limits<double>::infinity();
    if (decay.half_life_ticks() == 0)
        return std::nextafter(highest_lasting(rank), std::numeric_limits<double>::infinity());
    const double above = static_cast<double>(rank) + 1;
    return std::exp2((above - uncertainty(above) / 2) / buckets_per_octave - faded_octaves(decay, instant));
}

} // namespace leadscore::core
