#pragma once

// A decay: how the weight of an activity depends on its age. Immutable, always valid: every way to make one passes the
// checks of its constructor.

#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "core/power_of_half.hpp"
#include "core/time.hpp"

namespace leadscore::core {

// The numbers are part of the stored form and of the order of decays.
enum class DecayKind : unsigned char { none = 0, window = 1, exponential = 2, step = 3, step_every = 4, linear = 5 };

// From this age on (the age itself still belongs to the earlier side) the weight is the factor.
struct Step {
    Ticks age;
    double factor;
};

// All of a decay but its steps. What a kind does not use is 0; so is an absent hold or expire.
struct Curve {
    DecayKind kind = DecayKind::none;
    Ticks span = 0;    // window, half-life, span of step(every ...), or the age at which linear is 0
    double factor = 0; // of step(every ...)
    Ticks hold = 0;    // the curve begins at this age
    Ticks expire = 0;  // 0 beyond this age
};

// The stored and binary form: version, kind, span, factor, hold, expire, then age and factor of each step.
namespace stored_decay {

inline constexpr unsigned char version = 1;
inline constexpr std::size_t curve_size = 34;
inline constexpr std::size_t step_size = 16;

inline Ticks load_span(Bytes stored) noexcept { return load_integer(stored.data() + 2); }
inline double load_factor(Bytes stored) noexcept { return load_number(stored.data() + 10); }
inline Ticks load_hold(Bytes stored) noexcept { return load_integer(stored.data() + 18); }
inline Ticks load_expire(Bytes stored) noexcept { return load_integer(stored.data() + 26); }

inline Curve load_curve(Bytes stored) noexcept {
    return {static_cast<DecayKind>(stored[1]), load_span(stored), load_factor(stored), load_hold(stored),
            load_expire(stored)};
}

inline Step load_step(const unsigned char *from) noexcept { return {load_integer(from), load_number(from + 8)}; }

[[noreturn]] void refuse_frame(Bytes bytes);

} // namespace stored_decay

class Decay {
public:
    // The weight of `step(every ...)` is 0 from where it is below this.
    static constexpr double least_weight = 1e-12;
    static constexpr std::size_t most_steps = 1'000'000;

    Decay() = default; // none
    explicit Decay(const Curve &curve, std::vector<Step> steps = {});

    // The stored and binary form: version, kind, curve, steps. Equal decays have equal bytes, and the order of decays
    // is the order of their bytes.
    static Decay decode(Bytes bytes);
    std::size_t encoded_size() const noexcept;
    void encode(unsigned char *to) const noexcept;

    DecayKind kind() const noexcept { return curve_.kind; }
    const Curve &curve() const noexcept { return curve_; }
    const std::vector<Step> &steps() const noexcept { return steps_; }

    // The weight at an age of 0 or more; 0 for a negative age.
    double weight(Ticks age) const noexcept;
    double weight(const Span &age) const noexcept { return weight(age.ticks()); }

    // Set for exponential only, whatever its options.
    std::optional<Span> half_life() const;
    Ticks half_life_ticks() const noexcept { return curve_.kind == DecayKind::exponential ? curve_.span : 0; }

    // True unless the weight is 1 for ever or halves evenly for ever: then two activities never change their order.
    bool has_boundary() const noexcept;

    // The ages at which the weight jumps or takes another form, ascending, without those of step(every ...).
    std::vector<Ticks> boundaries() const;

    // For step(every ...): further boundaries are at hold + n * this, up to vanishes_after(). Otherwise 0.
    Ticks repeats_every() const noexcept { return curve_.kind == DecayKind::step_every ? curve_.span : 0; }

    // The last age with a weight above 0; nothing where there is none (exponential without expire, none).
    std::optional<Ticks> vanishes_after() const noexcept;

    friend bool operator==(const Decay &left, const Decay &right) noexcept;

private:
    Curve curve_;
    std::vector<Step> steps_;
};

// The decay that begins later by a span: its weight is 1 for so long, and then what it was from age 0 on. A negative
// span undoes it.
Decay delayed(const Decay &decay, Ticks span);

// A decay in its stored form, read in place: evaluates without allocating, for the inner loops. The bytes come from
// Decay::encode; only version and length are looked at again.
class DecayView {
public:
    explicit DecayView(Bytes stored) : stored_(stored) {
        if (stored.size() < stored_decay::curve_size || stored[0] != stored_decay::version) [[unlikely]]
            stored_decay::refuse_frame(stored);
    }

    double weight(Ticks age) const noexcept {
        // The commonest kind, without what the others need.
        const bool plain_exponential = stored_[1] == static_cast<unsigned char>(DecayKind::exponential) &&
                                       (stored_decay::load_hold(stored_) | stored_decay::load_expire(stored_)) == 0;
        if (plain_exponential) [[likely]]
            return age < 0 ? 0 : power_of_half(age, stored_decay::load_span(stored_));
        return weight_of_any_kind(age);
    }

    DecayKind kind() const noexcept { return static_cast<DecayKind>(stored_[1]); }

    // As that of Decay.
    Ticks half_life_ticks() const noexcept {
        return kind() == DecayKind::exponential ? stored_decay::load_span(stored_) : 0;
    }

private:
    double weight_of_any_kind(Ticks age) const noexcept;

    Bytes stored_;
};

} // namespace leadscore::core
