#include <charconv>
#include <cmath>

#include "core/error.hpp"
#include "core/text.hpp"

namespace leadscore::core {

namespace {

constexpr std::size_t longest_quote = 120;

} // namespace

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char &c : lower)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

std::string quoted(std::string_view text) {
    if (text.size() <= longest_quote)
        return "\"" + std::string(text) + "\"";
    // In every server encoding the bytes of a longer character are all above 127: behind an ASCII byte no character is
    // cut.
    std::size_t length = longest_quote;
    while (length > 0 && static_cast<unsigned char>(text[length - 1]) > 127)
        --length;
    return "\"" + std::string(text.substr(0, length)) + "...\"";
}

std::string_view take_word(std::string_view &text) noexcept {
    std::size_t length = 0;
    while (length < text.size() && is_letter(text[length]))
        ++length;
    const std::string_view word = text.substr(0, length);
    text.remove_prefix(length);
    return word;
}

std::optional<double> read_number(std::string_view text) {
    std::string_view digits = text;
    if (!digits.empty() && digits.front() == '+')
        digits.remove_prefix(1);
    if (digits.empty() || (digits.size() < text.size() && digits.front() == '-'))
        return std::nullopt;
    double number = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (end != digits.data() + digits.size() || fault == std::errc::invalid_argument)
        return std::nullopt;
    if (fault == std::errc::result_out_of_range)
        throw Error(ErrorKind::out_of_range, "number " + quoted(text) + " is out of range");
    return number;
}

void append_number(std::string &text, double number) {
    if (std::isnan(number)) {
        text += "NaN";
        return;
    }
    if (number == 0) {
        text += '0';
        return;
    }
    char buffer[64];
    const double size = std::fabs(number);
    const auto format = size >= 1e-5 && size < 1e15 ? std::chars_format::fixed : std::chars_format::scientific;
    const auto [end, fault] = std::to_chars(buffer, buffer + sizeof(buffer), number, format);
    (void)fault; // 64 bytes hold the shortest form of every double
    text.append(buffer, end);
}

std::optional<long long> take_integer(std::string_view &text) noexcept {
    constexpr std::size_t most_digits = 18;
    long long value = 0;
    std::size_t length = 0;
    while (length < text.size() && is_digit(text[length])) {
        if (length == most_digits)
            return std::nullopt;
        value = value * 10 + (text[length] - '0');
        ++length;
    }
    if (length == 0)
        return std::nullopt;
    text.remove_prefix(length);
    return value;
}

} // namespace leadscore::core
