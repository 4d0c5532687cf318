#include <algorithm>
#include <cstdio>

#include "core/error.hpp"
#include "core/text.hpp"
#include "core/time_text.hpp"

namespace leadscore::core {

namespace {

using Calendar = boost::gregorian::gregorian_calendar;

[[noreturn]] void refuse_time(std::string_view text, const char *hint = "") {
    throw Error(ErrorKind::invalid_text, "invalid time " + quoted(text), {}, hint);
}

[[noreturn]] void refuse_duration(std::string_view text) {
    throw Error(ErrorKind::invalid_text, "invalid half-life " + quoted(text), {},
                "Write an ISO 8601 duration, for example P30D or PT12H.");
}

bool take(std::string_view &text, char c) noexcept {
    if (text.empty() || text.front() != c)
        return false;
    text.remove_prefix(1);
    return true;
}

// Exactly two digits.
std::optional<int> take_two(std::string_view &text) noexcept {
    if (text.size() < 2 || !is_digit(text[0]) || !is_digit(text[1]))
        return std::nullopt;
    const int value = (text[0] - '0') * 10 + (text[1] - '0');
    text.remove_prefix(2);
    return value;
}

// The digits behind a decimal point as microseconds, rounded; nothing where there are none.
std::optional<Ticks> take_fraction(std::string_view &text) noexcept {
    constexpr int kept_digits = 6;
    Ticks value = 0;
    int digits = 0;
    bool up = false;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), ++digits) {
        if (digits < kept_digits)
            value = value * 10 + (text.front() - '0');
        else if (digits == kept_digits)
            up = text.front() >= '5';
    }
    if (digits == 0)
        return std::nullopt;
    for (int digit = digits; digit < kept_digits; ++digit)
        value *= 10;
    return value + (up ? 1 : 0);
}

void append_fraction(std::string &text, Ticks microseconds) {
    if (microseconds == 0)
        return;
    char buffer[16];
    const int length = std::snprintf(buffer, sizeof(buffer), ".%06d", static_cast<int>(microseconds));
    std::string_view digits(buffer, static_cast<std::size_t>(length));
    while (digits.back() == '0')
        digits.remove_suffix(1);
    text += digits;
}

// Z, +02, +02:00, +0200 or +02:00:00; what is left of the text must be all of it.
Ticks read_offset(std::string_view rest, std::string_view whole) {
    if (rest == "Z" || rest == "z")
        return 0;
    if (rest.empty())
        refuse_time(whole, "A time needs a zone: Z, or an offset such as +02:00.");
    const bool west = rest.front() == '-';
    if (!take(rest, '+') && !take(rest, '-'))
        refuse_time(whole);
    constexpr int last_hour = 15; // as in PostgreSQL
    int parts[3] = {0, 0, 0};
    for (int part = 0; part < 3; ++part) {
        if (part > 0 && rest.empty())
            break;
        if (part > 0)
            take(rest, ':');
        const auto value = take_two(rest);
        if (!value || *value > (part == 0 ? last_hour : 59))
            refuse_time(whole);
        parts[part] = *value;
    }
    if (!rest.empty())
        refuse_time(whole);
    const Ticks offset = parts[0] * ticks_per_hour + parts[1] * ticks_per_minute + parts[2] * ticks_per_second;
    return west ? -offset : offset;
}

} // namespace

void append_iso_instant(std::string &text, Ticks instant) {
    const Instant time = to_instant(instant);
    const auto day = time.date().year_month_day();
    const Span of_day = time.time_of_day();
    char buffer[64];
    const int length = std::snprintf(buffer, sizeof(buffer), "%04d-%02d-%02dT%02d:%02d:%02d",
                                     static_cast<int>(day.year), static_cast<int>(day.month.as_number()),
                                     static_cast<int>(day.day), static_cast<int>(of_day.hours()),
                                     static_cast<int>(of_day.minutes()), static_cast<int>(of_day.seconds()));
    text.append(buffer, static_cast<std::size_t>(length));
    append_fraction(text, of_day.fractional_seconds());
    text += 'Z';
}

Ticks read_iso_instant(std::string_view text) {
    text = trimmed(text);
    const std::string lower = lower_case(text);
    if (lower == "infinity" || lower == "-infinity" || lower == "+infinity")
        throw Error(ErrorKind::time_out_of_range, "time is infinite");
    std::string_view rest = text;
    const auto before = rest.size();
    const auto year = take_integer(rest);
    if (!year || before - rest.size() < 4 || !take(rest, '-'))
        refuse_time(text);
    const auto month = take_two(rest);
    if (!month || !take(rest, '-'))
        refuse_time(text);
    const auto day = take_two(rest);
    if (!day || !(take(rest, 'T') || take(rest, 't') || take(rest, ' ')))
        refuse_time(text);
    const auto hour = take_two(rest);
    if (!hour || !take(rest, ':'))
        refuse_time(text);
    const auto minute = take_two(rest);
    if (!minute)
        refuse_time(text);
    int second = 0;
    Ticks fraction = 0;
    if (take(rest, ':')) {
        const auto seconds = take_two(rest);
        if (!seconds)
            refuse_time(text);
        second = *seconds;
        if (take(rest, '.')) {
            const auto digits = take_fraction(rest);
            if (!digits)
                refuse_time(text);
            fraction = *digits;
        }
    }
    const Ticks offset = read_offset(trimmed(rest), text);
    if (*year < 1400 || *year > 9999)
        throw Error(ErrorKind::time_out_of_range, "time " + quoted(text) + " is out of range",
                    "Times from year 1400 to year 9999 are supported.");
    const auto calendar_year = static_cast<unsigned short>(*year);
    const auto calendar_month = static_cast<unsigned short>(*month);
    if (*month < 1 || *month > 12 || *day < 1 || *day > Calendar::end_of_month_day(calendar_year, calendar_month) ||
        *hour > 23 || *minute > 59 || second > 59)
        throw Error(ErrorKind::time_out_of_range, "time " + quoted(text) + " does not exist");
    const boost::gregorian::date date(calendar_year, calendar_month, static_cast<unsigned short>(*day));
    const Instant midnight(date);
    const Ticks of_day =
        *hour * ticks_per_hour + *minute * ticks_per_minute + second * ticks_per_second + fraction - offset;
    return checked_instant(to_ticks(midnight) + of_day, "time");
}

void append_iso_span(std::string &text, Ticks span) {
    text += 'P';
    const Ticks days = span / ticks_per_day;
    if (days > 0)
        text += std::to_string(days) + 'D';
    const Span of_day = to_span(span % ticks_per_day);
    if (of_day.ticks() == 0)
        return;
    text += 'T';
    if (of_day.hours() > 0)
        text += std::to_string(of_day.hours()) + 'H';
    if (of_day.minutes() > 0)
        text += std::to_string(of_day.minutes()) + 'M';
    if (of_day.seconds() > 0 || of_day.fractional_seconds() > 0) {
        text += std::to_string(of_day.seconds());
        append_fraction(text, of_day.fractional_seconds());
        text += 'S';
    }
}

Ticks read_iso_span(std::string_view text) {
    text = trimmed(text);
    std::string_view rest = text;
    if (!take(rest, 'P') && !take(rest, 'p'))
        refuse_duration(text);
    // Each unit at most once, the longer one first.
    struct Unit {
        char letter;
        bool of_day;
        Ticks length;
    };
    static constexpr Unit units[] = {{'W', false, 7 * ticks_per_day},
                                     {'D', false, ticks_per_day},
                                     {'H', true, ticks_per_hour},
                                     {'M', true, ticks_per_minute},
                                     {'S', true, ticks_per_second}};
    const Unit *next = std::begin(units);
    bool of_day = false;
    bool any = false;
    Ticks span = 0;
    while (!rest.empty()) {
        if (!of_day && (take(rest, 'T') || take(rest, 't'))) {
            of_day = true;
            any = false;
            continue;
        }
        const auto amount = take_integer(rest);
        if (!amount)
            refuse_duration(text);
        std::optional<Ticks> fraction;
        if (take(rest, '.') || take(rest, ',')) {
            fraction = take_fraction(rest);
            if (!fraction)
                refuse_duration(text);
        }
        if (rest.empty())
            refuse_duration(text);
        const char letter = lower_case(rest.substr(0, 1))[0];
        rest.remove_prefix(1);
        if (letter == 'y' || (letter == 'm' && !of_day))
            throw Error(ErrorKind::invalid_parameter, "half-life " + quoted(text) + " has no fixed length", {},
                        "Months and years differ in length: write days, for example P30D.");
        const Unit *unit = std::find_if(next, std::end(units), [&](const Unit &candidate) {
            return candidate.of_day == of_day && lower_case({&candidate.letter, 1})[0] == letter;
        });
        if (unit == std::end(units) || (fraction && unit->letter != 'S'))
            refuse_duration(text);
        next = unit + 1;
        Ticks length = 0;
        if (__builtin_mul_overflow(static_cast<Ticks>(*amount), unit->length, &length) ||
            __builtin_add_overflow(length, fraction.value_or(0), &length) ||
            __builtin_add_overflow(span, length, &span) || span > longest_span)
            throw Error(ErrorKind::time_out_of_range, "half-life " + quoted(text) + " is longer than 3300000 days");
        any = true;
    }
    if (!any)
        refuse_duration(text);
    return span;
}

void append_span(std::string &text, Ticks span) {
    const Ticks days = span / ticks_per_day;
    if (days != 0)
        text += std::to_string(days) + (days == 1 ? " day" : " days");
    const Ticks rest = span % ticks_per_day;
    if (rest == 0 && days != 0)
        return;
    if (days != 0)
        text += ' ';
    const Span of_day = to_span(rest);
    char buffer[64];
    const int length = std::snprintf(buffer, sizeof(buffer), "%02d:%02d:%02d", static_cast<int>(of_day.hours()),
                                     static_cast<int>(of_day.minutes()), static_cast<int>(of_day.seconds()));
    text.append(buffer, static_cast<std::size_t>(length));
    append_fraction(text, of_day.fractional_seconds());
}

std::string span_text(Ticks span) {
    std::string text;
    append_span(text, span);
    return text;
}

std::optional<Ticks> read_span(std::string_view text) noexcept {
    std::string_view rest = trimmed(text);
    auto amount = take_integer(rest);
    if (!amount)
        return std::nullopt;
    Ticks days = 0;
    if (!take(rest, ':')) {
        while (!rest.empty() && is_space(rest.front()))
            rest.remove_prefix(1);
        const std::string_view unit = take_word(rest);
        if (unit != "day" && unit != "days")
            return std::nullopt;
        days = *amount;
        const std::string_view of_day = trimmed(rest);
        if (of_day.empty()) {
            if (days > longest_span / ticks_per_day)
                return std::nullopt; // interval input says what is wrong
            return days * ticks_per_day;
        }
        if (of_day.size() == rest.size())
            return std::nullopt;
        rest = of_day;
        amount = take_integer(rest);
        if (!amount || !take(rest, ':'))
            return std::nullopt;
    }
    const auto minutes = take_two(rest);
    if (!minutes || *minutes > 59 || !take(rest, ':'))
        return std::nullopt;
    const auto seconds = take_two(rest);
    if (!seconds || *seconds > 59)
        return std::nullopt;
    Ticks fraction = 0;
    if (take(rest, '.')) {
        const auto before = rest.size();
        const auto digits = take_fraction(rest);
        if (!digits || before - rest.size() > 6)
            return std::nullopt;
        fraction = *digits;
    }
    if (!rest.empty() || days > longest_span / ticks_per_day || *amount > longest_span / ticks_per_hour)
        return std::nullopt;
    const Ticks span = days * ticks_per_day + *amount * ticks_per_hour + *minutes * ticks_per_minute +
                       *seconds * ticks_per_second + fraction;
    if (span > longest_span)
        return std::nullopt;
    return span;
}

} // namespace leadscore::core
