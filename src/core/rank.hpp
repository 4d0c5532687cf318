#pragma once

// The rank of a sum of pieces: the bucket that it falls into by an order that the passing of time does not change. An
// index on ranks finds the highest sums at any instant, and an update that leaves a sum in its bucket does not touch
// the index. Sums that fade have four buckets to an octave. Those that do not have sixteen, and the highest number of a
// bucket has few digits, as limits have: of sums that are not above a limit, none has the rank of one that is.

#include <cstdint>
#include <optional>

#include "core/piece.hpp"
#include "core/state.hpp"

namespace leadscore::core {

// A sum as sum_after() reads it, from `reference` until all of it is looked at again at `next`; `endless` for never.
struct Sum {
    double fading = 0;
    double held = 0;
    double falling = 0;
    double error = 0; // by how much more it may be
    Ticks reference = 0;
    Ticks next = endless;
};

// Nothing for a sum that is 0 or less all the time.
std::optional<std::int32_t> rank_of(const Decay &decay, const Sum &sum);

// The rank of what a state may say, or its rows where rounding shows in it.
std::optional<std::int32_t> rank_of(const Decay &decay, const State &state);

// Below it no sum is that is, as rows or a state say, more than so many points; of decays that do not fade.
std::int32_t rank_above(double points);

// What a sum of this rank is below at an instant, however both are rounded; 0 may also be reached.
double bound_of_rank(const Decay &decay, std::int32_t rank, Ticks instant);

} // namespace leadscore::core
