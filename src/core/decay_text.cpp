#include <array>
#include <utility>

#include "core/decay_text.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "core/time_text.hpp"

namespace leadscore::core {

namespace {

constexpr const char *grammar_hint =
    "Write none, window(90 days), exponential(30 days), step(30 days: 0.5, 90 days: 0), step(every 30 days: 0.5) or "
    "linear(90 days); the options are hold and expire, as in exponential(30 days, hold 7 days, expire 90 days).";

constexpr std::array<std::pair<std::string_view, DecayKind>, 5> kinds{{{"none", DecayKind::none},
                                                                       {"window", DecayKind::window},
                                                                       {"exponential", DecayKind::exponential},
                                                                       {"step", DecayKind::step},
                                                                       {"linear", DecayKind::linear}}};

class Reader {
public:
    Reader(std::string_view text, SpanReader other_spans) : text_(trimmed(text)), other_spans_(other_spans) {}

    Decay read() {
        std::string_view rest = text_;
        const std::string name = lower_case(take_word(rest));
        rest = trimmed(rest);
        if (name.empty())
            refuse(text_.empty() ? "it is empty" : "it does not begin with a kind");
        const auto *kind = std::begin(kinds);
        while (kind != std::end(kinds) && kind->first != name)
            ++kind;
        if (kind == std::end(kinds))
            refuse("unknown kind " + quoted(name));
        curve_.kind = kind->second;
        if (curve_.kind == DecayKind::none) {
            if (!rest.empty())
                refuse("unexpected " + quoted(rest) + " behind none");
        } else {
            if (rest.size() < 2 || rest.front() != '(' || rest.back() != ')')
                refuse(name + " needs its arguments in parentheses");
            read_arguments(rest.substr(1, rest.size() - 2));
        }
        return Decay(curve_, std::move(steps_));
    }

private:
    [[noreturn]] void refuse(const std::string &fault) const {
        throw Error(ErrorKind::invalid_text, "invalid decay: " + fault, "The text is " + quoted(text_) + ".",
                    grammar_hint);
    }

    void read_arguments(std::string_view arguments) {
        std::size_t number = 0;
        bool options_begun = false;
        for (bool more = true; more;) {
            const std::size_t comma = arguments.find(',');
            more = comma != std::string_view::npos;
            const std::string_view argument = trimmed(arguments.substr(0, comma));
            if (more)
                arguments.remove_prefix(comma + 1);
            ++number;
            if (argument.empty())
                refuse("argument " + std::to_string(number) + " is empty");
            std::string_view rest = argument;
            const std::string word = lower_case(take_word(rest));
            if (word == "hold" || word == "expire") {
                if (number == 1)
                    refuse("argument 1 is the option " + word + ", which stands behind the others");
                read_option(word, rest, word == "hold" ? curve_.hold : curve_.expire);
                options_begun = true;
            } else {
                if (options_begun)
                    refuse("unexpected " + quoted(argument) + " behind the options");
                read_positional(number, argument, word == "every" ? rest : argument, word == "every");
            }
        }
    }

    void read_option(const std::string &name, std::string_view text, Ticks &option) {
        if (option != 0)
            refuse("option " + name + " is given twice");
        option = read_length(name, text);
        if (option <= 0)
            throw Error(ErrorKind::invalid_parameter, "invalid decay: " + name + " must be longer than zero");
    }

    void read_positional(std::size_t number, std::string_view argument, std::string_view rest, bool every) {
        if (curve_.kind != DecayKind::step && curve_.kind != DecayKind::step_every) {
            if (number > 1)
                refuse("unexpected argument " + quoted(argument));
            const char *name = curve_.kind == DecayKind::window        ? "window"
                               : curve_.kind == DecayKind::exponential ? "half-life"
                                                                       : "length of linear";
            curve_.span = read_length(name, argument);
            return;
        }
        if (curve_.kind == DecayKind::step_every || (every && number > 1))
            refuse("unexpected argument " + quoted(argument) + ", step(every ...) is the only step");
        const std::string name = every ? "step(every ...)" : "step " + std::to_string(number);
        // A span may hold colons itself: 36:00:00.
        const std::size_t colon = rest.rfind(':');
        if (colon == std::string_view::npos)
            refuse(name + " " + quoted(argument) + " has no factor behind a colon");
        const Ticks span = read_length((every ? "span of " : "age of ") + name, rest.substr(0, colon));
        const double factor = read_factor(name, rest.substr(colon + 1));
        if (every) {
            curve_.kind = DecayKind::step_every;
            curve_.span = span;
            curve_.factor = factor;
        } else {
            steps_.push_back({span, factor});
        }
    }

    double read_factor(const std::string &name, std::string_view text) const {
        text = trimmed(text);
        const auto factor = read_number(text);
        if (!factor)
            refuse("factor " + quoted(text) + " of " + name + " is not a number");
        return *factor;
    }

    Ticks read_length(const std::string &name, std::string_view text) const {
        text = trimmed(text);
        if (text.empty())
            refuse(name + " has no span");
        if (const auto span = read_span(text))
            return *span;
        const std::string lower = lower_case(text);
        try {
            if (lower == "infinity" || lower == "+infinity" || lower == "-infinity")
                throw Error(ErrorKind::invalid_parameter, "is infinite");
            // Interval input skips punctuation: without this, window(1 day)) would be read.
            if (text.find_first_of("()") != std::string_view::npos)
                throw Error(ErrorKind::invalid_text, "is not a span of time");
            return other_spans_(text);
        } catch (const Error &error) {
            throw Error(error.kind(), "invalid decay: " + name + " " + quoted(text) + " " + error.what(),
                        "The text is " + quoted(text_) + ".", error.hint());
        }
    }

    std::string_view text_;
    SpanReader other_spans_;
    Curve curve_;
    std::vector<Step> steps_;
};

void append_options(std::string &text, const Curve &curve) {
    if (curve.hold != 0) {
        text += ", hold ";
        append_span(text, curve.hold);
    }
    if (curve.expire != 0) {
        text += ", expire ";
        append_span(text, curve.expire);
    }
}

} // namespace

Ticks refuse_span(std::string_view) { throw Error(ErrorKind::invalid_text, "is not a span of time"); }

Decay read_decay(std::string_view text, SpanReader other_spans) { return Reader(text, other_spans).read(); }

std::string decay_text(const Decay &decay) {
    const Curve &curve = decay.curve();
    std::string text;
    switch (curve.kind) {
    case DecayKind::none:
        return "none";
    case DecayKind::window:
        text = "window(";
        append_span(text, curve.span);
        break;
    case DecayKind::exponential:
        text = "exponential(";
        append_span(text, curve.span);
        break;
    case DecayKind::linear:
        text = "linear(";
        append_span(text, curve.span);
        break;
    case DecayKind::step_every:
        text = "step(every ";
        append_span(text, curve.span);
        text += ": ";
        append_number(text, curve.factor);
        break;
    case DecayKind::step: {
        text = "step(";
        const char *separator = "";
        for (const Step &step : decay.steps()) {
            text += separator;
            separator = ", ";
            append_span(text, step.age);
            text += ": ";
            append_number(text, step.factor);
        }
        break;
    }
    }
    append_options(text, curve);
    text += ')';
    return text;
}

} // namespace leadscore::core
