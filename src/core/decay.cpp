#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "core/decay.hpp"
#include "core/error.hpp"
#include "core/time_text.hpp"

namespace leadscore::core {

namespace {

using stored_decay::curve_size;
using stored_decay::load_curve;
using stored_decay::load_step;
using stored_decay::step_size;
using stored_decay::version;

constexpr std::string_view message_prefix = "invalid decay: ";

[[noreturn]] void refuse(const std::string &fault, const char *hint = "") {
    throw Error(ErrorKind::invalid_parameter, std::string(message_prefix) + fault, {}, hint);
}

void check_span(Ticks span, const std::string &name) {
    if (span <= 0)
        refuse(name + " must be longer than zero");
    if (span > longest_span)
        throw Error(ErrorKind::time_out_of_range, std::string(message_prefix) + name + " is longer than 3300000 days");
}

void check_factor(double factor, const std::string &name) {
    if (!(factor >= 0) || std::isinf(factor))
        refuse(name + " must be a finite number that is not negative");
}

const char *span_name(DecayKind kind) noexcept {
    switch (kind) {
    case DecayKind::window:
        return "window";
    case DecayKind::exponential:
        return "half-life";
    case DecayKind::linear:
        return "length of linear";
    case DecayKind::none:
    case DecayKind::step:
    case DecayKind::step_every:
        break;
    }
    return "span of step(every ...)";
}

void check_steps(const std::vector<Step> &steps) {
    if (steps.empty())
        refuse("step needs at least one step", "Write step(30 days: 0.5, 90 days: 0).");
    if (steps.size() > Decay::most_steps)
        refuse("more than " + std::to_string(Decay::most_steps) + " steps");
    Ticks last = 0;
    std::size_t number = 0;
    for (const Step &step : steps) {
        const std::string name = "step " + std::to_string(++number);
        check_span(step.age, "age of " + name);
        check_factor(step.factor, "factor of " + name);
        if (step.age <= last)
            refuse("ages of steps must ascend, but " + span_text(step.age) + " follows " + span_text(last));
        last = step.age;
    }
}

void check(const Curve &curve, const std::vector<Step> &steps) {
    const bool has_span = curve.kind != DecayKind::none && curve.kind != DecayKind::step;
    if (has_span)
        check_span(curve.span, span_name(curve.kind));
    else if (curve.span != 0)
        refuse("this kind has no span");
    if (curve.kind == DecayKind::step_every) {
        if (curve.span < ticks_per_hour)
            refuse("span of step(every ...) must be at least an hour, but is " + span_text(curve.span));
        if (!(curve.factor >= 0 && curve.factor <= 1))
            refuse("factor of step(every ...) must be between 0 and 1");
    } else if (curve.factor != 0) {
        refuse("this kind has no factor");
    }
    if (curve.kind == DecayKind::step)
        check_steps(steps);
    else if (!steps.empty())
        refuse("this kind has no steps");
    if (curve.hold != 0) {
        if (curve.kind == DecayKind::none)
            refuse("none takes no options");
        check_span(curve.hold, "hold");
    }
    if (curve.expire != 0) {
        if (curve.kind != DecayKind::exponential && curve.kind != DecayKind::step_every)
            refuse("expire goes with exponential and step(every ...) only",
                   "The other kinds end by themselves: a window, a linear decay, a last step of 0.");
        check_span(curve.expire, "expire");
        if (curve.expire <= curve.hold)
            refuse("expire must exceed hold, but " + span_text(curve.expire) + " does not exceed " +
                   span_text(curve.hold));
    }
}

// At exactly n spans only n - 1 are exceeded: a boundary belongs to the earlier side.
double repeated_step(const Curve &curve, Ticks age) noexcept {
    if (age <= curve.span)
        return 1;
    const Ticks exceeded = (age - 1) / curve.span;
    const double weight = std::pow(curve.factor, static_cast<double>(exceeded));
    return weight < Decay::least_weight ? 0 : weight;
}

// `step_at(n)` gives step n of `steps`: the two forms of a decay differ only in where their steps lie.
template <typename StepAt>
double weight_of(const Curve &curve, Ticks age, std::size_t steps, const StepAt &step_at) noexcept {
    if (age < 0 || (curve.expire != 0 && age > curve.expire))
        return 0;
    const Ticks held = age > curve.hold ? age - curve.hold : 0;
    switch (curve.kind) {
    case DecayKind::none:
        return 1;
    case DecayKind::window:
        return held <= curve.span ? 1 : 0;
    case DecayKind::exponential:
        return power_of_half(held, curve.span);
    case DecayKind::step_every:
        return repeated_step(curve, held);
    case DecayKind::linear:
        return held < curve.span ? static_cast<double>(curve.span - held) / static_cast<double>(curve.span) : 0;
    case DecayKind::step:
        break;
    }
    // The last step whose age is exceeded.
    std::size_t low = 0;
    std::size_t high = steps;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (step_at(middle).age < held)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? 1 : step_at(low - 1).factor;
}

void check_frame(Bytes bytes) {
    if (bytes.empty())
        throw Error(ErrorKind::invalid_binary, "invalid binary decay: it is empty");
    if (bytes[0] != version)
        throw Error(ErrorKind::invalid_binary, "invalid binary decay: version " + std::to_string(bytes[0]) +
                                                   " is unknown, this release reads version 1");
    if (bytes.size() < curve_size || (bytes.size() - curve_size) % step_size != 0)
        throw Error(ErrorKind::invalid_binary,
                    "invalid binary decay: " + std::to_string(bytes.size()) + " bytes are not a whole value");
    if (bytes[1] > static_cast<unsigned char>(DecayKind::linear))
        throw Error(ErrorKind::invalid_binary,
                    "invalid binary decay: kind " + std::to_string(bytes[1]) + " is unknown");
}

} // namespace

namespace stored_decay {

void refuse_frame(Bytes bytes) {
    check_frame(bytes);
    throw Error(ErrorKind::invalid_binary, "invalid binary decay");
}

} // namespace stored_decay

Decay::Decay(const Curve &curve, std::vector<Step> steps) : curve_(curve), steps_(std::move(steps)) {
    check(curve_, steps_);
    // Minus zero means the same and must have the same bytes.
    curve_.factor += 0.0;
    for (Step &step : steps_)
        step.factor += 0.0;
}

Decay Decay::decode(Bytes bytes) {
    check_frame(bytes);
    std::vector<Step> steps;
    steps.reserve((bytes.size() - curve_size) / step_size);
    for (std::size_t at = curve_size; at < bytes.size(); at += step_size)
        steps.push_back(load_step(bytes.data() + at));
    try {
        return Decay(load_curve(bytes), std::move(steps));
    } catch (const Error &error) {
        const std::string_view message = error.what();
        throw Error(ErrorKind::invalid_binary,
                    "invalid binary decay: " + std::string(message.substr(message_prefix.size())), error.detail(),
                    error.hint());
    }
}

std::size_t Decay::encoded_size() const noexcept { return curve_size + steps_.size() * step_size; }

void Decay::encode(unsigned char *to) const noexcept {
    *to++ = version;
    *to++ = static_cast<unsigned char>(curve_.kind);
    to = store(to, curve_.span);
    to = store(to, curve_.factor);
    to = store(to, curve_.hold);
    to = store(to, curve_.expire);
    for (const Step &step : steps_) {
        to = store(to, step.age);
        to = store(to, step.factor);
    }
}

double Decay::weight(Ticks age) const noexcept {
    return weight_of(curve_, age, steps_.size(), [this](std::size_t number) { return steps_[number]; });
}

std::optional<Span> Decay::half_life() const {
    if (curve_.kind != DecayKind::exponential)
        return std::nullopt;
    return to_span(curve_.span);
}

bool Decay::has_boundary() const noexcept {
    const bool even = curve_.kind == DecayKind::none || curve_.kind == DecayKind::exponential;
    return !even || curve_.hold != 0 || curve_.expire != 0;
}

std::vector<Ticks> Decay::boundaries() const {
    std::vector<Ticks> ages;
    const bool begins_to_fall = curve_.kind == DecayKind::exponential || curve_.kind == DecayKind::linear;
    if (curve_.hold != 0 && begins_to_fall)
        ages.push_back(curve_.hold);
    if (curve_.kind == DecayKind::window || curve_.kind == DecayKind::linear)
        ages.push_back(curve_.hold + curve_.span);
    for (const Step &step : steps_)
        ages.push_back(curve_.hold + step.age);
    if (curve_.expire != 0)
        ages.push_back(curve_.expire);
    return ages;
}

std::optional<Ticks> Decay::vanishes_after() const noexcept {
    std::optional<Ticks> last;
    if (curve_.expire != 0)
        last = curve_.expire;
    switch (curve_.kind) {
    case DecayKind::none:
    case DecayKind::exponential:
        break;
    case DecayKind::window:
    case DecayKind::linear:
        last = curve_.hold + curve_.span;
        break;
    case DecayKind::step:
        for (auto step = steps_.rbegin(); step != steps_.rend() && step->factor == 0; ++step)
            last = curve_.hold + step->age;
        break;
    case DecayKind::step_every: {
        if (curve_.factor == 1)
            break;
        // The first power below the least weight; the logarithm is only where the search starts.
        double spans = curve_.factor == 0 ? 1 : std::floor(std::log(least_weight) / std::log(curve_.factor));
        while (spans > 1 && std::pow(curve_.factor, spans - 1) < least_weight)
            --spans;
        while (std::pow(curve_.factor, spans) >= least_weight)
            ++spans;
        const double age = spans * static_cast<double>(curve_.span);
        if (age < static_cast<double>(longest_span)) {
            const Ticks vanishes = curve_.hold + static_cast<Ticks>(spans) * curve_.span;
            last = last ? std::min(*last, vanishes) : vanishes;
        }
        break;
    }
    }
    return last;
}

Decay delayed(const Decay &decay, Ticks span) {
    Curve curve = decay.curve();
    if (curve.kind == DecayKind::none)
        return decay;
    curve.hold += span;
    if (curve.expire != 0)
        curve.expire += span;
    return Decay(curve, decay.steps());
}

bool operator==(const Decay &left, const Decay &right) noexcept {
    const Curve &a = left.curve_;
    const Curve &b = right.curve_;
    return a.kind == b.kind && a.span == b.span && a.factor == b.factor && a.hold == b.hold && a.expire == b.expire &&
           std::equal(left.steps_.begin(), left.steps_.end(), right.steps_.begin(), right.steps_.end(),
                      [](const Step &x, const Step &y) { return x.age == y.age && x.factor == y.factor; });
}

double DecayView::weight_of_any_kind(Ticks age) const noexcept {
    const Bytes steps = stored_.subspan(curve_size);
    return weight_of(load_curve(stored_), age, steps.size() / step_size,
                     [steps](std::size_t number) { return load_step(steps.data() + number * step_size); });
}

} // namespace leadscore::core
