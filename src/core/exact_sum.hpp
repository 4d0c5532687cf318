#pragma once

// A sum of doubles that carries its rounding errors along and knows whether it is exact. An exact sum does not depend
// on the order of its terms, and a term can be taken out of it again.

#include <cmath>

namespace leadscore::core {

// The rounding error of a + b, where `sum` is a + b as rounded (Knuth).
inline double rounding_error(double a, double b, double sum) noexcept {
    const double other = sum - a;
    return (a - (sum - other)) + (b - other);
}

[[noreturn]] void refuse_sum();

struct ExactSum {
    double high = 0;
    double low = 0; // what high lacks
    bool exact = true;

    // The term is finite. The state is undefined after a sum that is out of range.
    void add(double term) {
        const double sum = high + term;
        const double error = rounding_error(high, term, sum);
        const double errors = low + error;
        // Nothing to find out once it is not: this spares a branch that would often be predicted wrongly.
        if (exact)
            exact = rounding_error(low, error, errors) == 0;
        high = sum;
        low = errors;
        if (!std::isfinite(sum)) [[unlikely]]
            refuse_sum();
    }

    void add(const ExactSum &other) {
        add(other.high);
        add(other.low);
        exact = exact && other.exact;
    }

    // False where the term cannot be taken out exactly.
    bool remove(double term) {
        if (!exact)
            return false;
        add(-term);
        return exact;
    }

    double value() const noexcept { return high + low; }
};

} // namespace leadscore::core
