#pragma once

// The states of the aggregates: plain data of fixed size with a version, which PostgreSQL keeps, copies, sends and
// combines. What leaves a frame is taken out only where that is exact; otherwise remove() says false and the frame is
// added up again.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/exact_sum.hpp"
#include "core/score.hpp"

namespace leadscore::core {

inline constexpr std::int64_t state_version = 1;

// Of decayed_sum and decayed_count: the sum of what each row contributes.
struct SumState {
    static constexpr const char *name = "decayed_sum_state";
    std::int64_t version = state_version;
    std::int64_t exact = 1;
    std::int64_t rows = 0;     // that were counted
    std::int64_t nan_rows = 0; // of them, those that contribute NaN: kept apart so that they can leave
    double high = 0;
    double low = 0;

    void add(double contribution) {
        ++rows;
        if (!std::isfinite(contribution)) [[unlikely]] {
            add_not_finite(contribution);
            return;
        }
        ExactSum sum{high, low, exact != 0};
        sum.add(contribution);
        high = sum.high;
        low = sum.low;
        exact = sum.exact ? 1 : 0;
    }
    bool remove(double contribution);
    void add(const SumState &other);
    double value() const noexcept;

private:
    void add_not_finite(double contribution);
};

// Of decayed_avg: the sum of the weights and that of the weighed points.
struct AverageState {
    static constexpr const char *name = "decayed_avg_state";
    std::int64_t version = state_version;
    std::int64_t exact = 1;
    std::int64_t rows = 0;
    std::int64_t nan_rows = 0;
    double weight_high = 0;
    double weight_low = 0;
    double points_high = 0;
    double points_low = 0;

    void add(double points, double weight);
    bool remove(double points, double weight);
    void add(const AverageState &other);
    std::optional<double> value() const noexcept;
};

// Of score_agg and sum(score). The sum stands at a reference of its own, not before the latest row and always a whole
// number of half-lives from the first: moving it only changes exponents, so it is exact.
struct ScoreSumState {
    static constexpr const char *name = "score_sum_state";
    std::int64_t version = state_version;
    std::int64_t exact = 1;
    std::int64_t rows = 0;
    std::int64_t nan_rows = 0;
    Ticks half_life = no_half_life;
    Ticks reference = 0;
    Ticks latest = 0; // of the rows: the reference of the result
    double high = 0;
    double low = 0;

    // Instant and half-life are checked by the caller (Score's checks); points may be NaN.
    void add(double points, Ticks instant, Ticks half_life);
    bool remove(double points, Ticks instant, Ticks half_life);
    void add(const ScoreSumState &other);
    Score value() const; // of at least one row

private:
    void begin(Ticks instant, Ticks row_half_life);
};

// Text, for partial aggregates that travel as text, and bytes (sizeof(State) of them); both with all checks.
template <typename State> std::string state_text(const State &state);
template <typename State> State read_state(std::string_view text);
template <typename State> void encode_state(const State &state, unsigned char *to) noexcept;
template <typename State> State decode_state(Bytes bytes);

} // namespace leadscore::core
