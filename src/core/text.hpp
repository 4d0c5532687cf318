#pragma once

// Small tools for reading and writing text, independent of locale and server settings.

#include <optional>
#include <string>
#include <string_view>

namespace leadscore::core {

std::string_view trimmed(std::string_view text) noexcept;
bool is_space(char c) noexcept;
bool is_digit(char c) noexcept;
bool is_letter(char c) noexcept;
std::string lower_case(std::string_view text);

// The text in double quotes for a message, shortened where it is long, never within a character.
std::string quoted(std::string_view text);

// Takes the leading word (letters only) off the text.
std::string_view take_word(std::string_view &text) noexcept;

// The number whose text is all of `text`; nothing if it is none. Throws out_of_range where it is too large or too
// small for a double. Infinity and NaN are read, for the caller to judge.
std::optional<double> read_number(std::string_view text);

// The shortest text that reads back to the same double; plain digits from 1e-5 to 1e15, as PostgreSQL does.
void append_number(std::string &text, double number);

// Reads digits off the front; nothing if there are none or more than 18.
std::optional<long long> take_integer(std::string_view &text) noexcept;

} // namespace leadscore::core
