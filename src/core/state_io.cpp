#include <cmath>

#include "core/accumulators.hpp"
#include "core/error.hpp"
#include "core/text.hpp"

namespace leadscore::core {

namespace {

// The fields of a state in their order, for whatever reads or writes them.
template <typename Visitor> void visit(SumState &state, Visitor &&field) {
    field(state.version), field(state.exact), field(state.rows), field(state.nan_rows);
    field(state.high), field(state.low);
}

template <typename Visitor> void visit(AverageState &state, Visitor &&field) {
    field(state.version), field(state.exact), field(state.rows), field(state.nan_rows);
    field(state.weight_high), field(state.weight_low), field(state.points_high), field(state.points_low);
}

template <typename Visitor> void visit(ScoreSumState &state, Visitor &&field) {
    field(state.version), field(state.exact), field(state.rows), field(state.nan_rows);
    field(state.half_life), field(state.reference), field(state.latest);
    field(state.high), field(state.low);
}

class Checker {
public:
    Checker(ErrorKind kind, const char *name) : kind_(kind), name_(name) {}

    [[noreturn]] void refuse(const std::string &fault) const {
        throw Error(kind_, std::string("invalid ") + name_ + ": " + fault);
    }

    void require(bool holds, const char *fault) const {
        if (!holds)
            refuse(fault);
    }

private:
    ErrorKind kind_;
    const char *name_;
};

void check_sum(const Checker &checker, std::int64_t rows, double high, double low) {
    checker.require(std::isfinite(high) && std::isfinite(low) && std::isfinite(high + low), "a sum is not finite");
    checker.require(rows > 0 || (high == 0 && low == 0), "a sum of no rows");
}

void check_rest(const Checker &checker, const SumState &state) {
    check_sum(checker, state.rows, state.high, state.low);
}

void check_rest(const Checker &checker, const AverageState &state) {
    check_sum(checker, state.rows, state.weight_high, state.weight_low);
    check_sum(checker, state.rows, state.points_high, state.points_low);
    checker.require(state.weight_high + state.weight_low >= 0, "a negative weight");
}

void check_rest(const Checker &checker, const ScoreSumState &state) {
    check_sum(checker, state.rows, state.high, state.low);
    if (state.rows == 0 || state.half_life == no_half_life) {
        checker.require(state.half_life == 0 && state.reference == 0 && state.latest == 0,
                        "a time without rows that decay");
        return;
    }
    checker.require(state.half_life >= shortest_half_life && state.half_life <= longest_span,
                    "the half-life is out of range");
    checker.require(is_instant(state.latest), "the time is out of range");
    checker.require(state.reference >= state.latest && state.reference - state.latest < state.half_life,
                    "the reference does not fit the latest time");
}

template <typename State> void check(const Checker &checker, const State &state) {
    if (state.version != state_version)
        checker.refuse("version " + std::to_string(state.version) + " is unknown, this release reads version 1");
    checker.require(state.exact == 0 || state.exact == 1, "the mark of exactness is neither 0 nor 1");
    // A limit far above any table, so that counts can be added without overflow.
    constexpr std::int64_t most_rows = std::int64_t{1} << 61;
    checker.require(state.rows >= 0 && state.rows <= most_rows && state.nan_rows >= 0 && state.nan_rows <= state.rows,
                    "the counts do not fit");
    check_rest(checker, state);
}

std::int64_t read_integer(const Checker &checker, std::string_view word) {
    const bool negative = !word.empty() && word.front() == '-';
    if (negative)
        word.remove_prefix(1);
    const auto value = take_integer(word);
    if (!value || !word.empty())
        checker.refuse("a field is not an integer");
    return negative ? -*value : *value;
}

double read_double(const Checker &checker, std::string_view word) {
    const auto value = read_number(word);
    if (!value)
        checker.refuse("a field is not a number");
    return *value;
}

} // namespace

template <typename State> std::string state_text(const State &state) {
    std::string text;
    State copy = state;
    visit(copy, [&](auto &field) {
        if (!text.empty())
            text += ' ';
        if constexpr (std::is_same_v<std::decay_t<decltype(field)>, double>)
            append_number(text, field);
        else
            text += std::to_string(field);
    });
    return text;
}

template <typename State> State read_state(std::string_view text) {
    const Checker checker(ErrorKind::invalid_text, State::name);
    State state;
    std::string_view rest = trimmed(text);
    visit(state, [&](auto &field) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        rest.remove_prefix(word.size());
        rest = trimmed(rest);
        checker.require(!word.empty(), "a field is missing");
        if constexpr (std::is_same_v<std::decay_t<decltype(field)>, double>)
            field = read_double(checker, word);
        else
            field = read_integer(checker, word);
    });
    checker.require(rest.empty(), "there are more fields than it has");
    check(checker, state);
    return state;
}

template <typename State> void encode_state(const State &state, unsigned char *to) noexcept {
    State copy = state;
    visit(copy, [&](auto &field) { to = store(to, field); });
}

template <typename State> State decode_state(Bytes bytes) {
    const Checker checker(ErrorKind::invalid_binary, State::name);
    checker.require(bytes.size() == sizeof(State), "the number of bytes is wrong");
    State state;
    const unsigned char *from = bytes.data();
    visit(state, [&](auto &field) {
        if constexpr (std::is_same_v<std::decay_t<decltype(field)>, double>)
            field = load_number(from);
        else
            field = load_integer(from);
        from += sizeof(field);
    });
    check(checker, state);
    return state;
}

#define LEADSCORE_STATE(State)                                                                                         \
    template std::string state_text(const State &);                                                                    \
    template State read_state<State>(std::string_view);                                                                \
    template void encode_state(const State &, unsigned char *) noexcept;                                               \
    template State decode_state<State>(Bytes)

LEADSCORE_STATE(SumState);
LEADSCORE_STATE(AverageState);
LEADSCORE_STATE(ScoreSumState);

#undef LEADSCORE_STATE

} // namespace leadscore::core
