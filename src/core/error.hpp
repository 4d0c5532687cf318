#pragma once

// The one exception of the core: what was wrong, where, and what to do. The PostgreSQL boundary turns it into an
// ereport with the SQLSTATE that fits its kind.

#include <stdexcept>
#include <string>
#include <utility>

namespace leadscore::core {

enum class ErrorKind {
    invalid_text,      // 22P02: text that is not a value of the type
    invalid_binary,    // 22P03: binary data that is not a value of the type
    invalid_parameter, // 22023: an argument that the function does not accept
    out_of_range,      // 22003: a number too large or too small
    time_out_of_range, // 22008: an instant or a span outside the supported range
    mismatch,          // 22023: values with different parameters combined
    division_by_zero,  // 22012
};

class Error : public std::runtime_error {
public:
    Error(ErrorKind kind, const std::string &message, std::string detail = {}, std::string hint = {})
        : std::runtime_error(message), kind_(kind), detail_(std::move(detail)), hint_(std::move(hint)) {}

    ErrorKind kind() const noexcept { return kind_; }
    const std::string &detail() const noexcept { return detail_; }
    const std::string &hint() const noexcept { return hint_; }

private:
    ErrorKind kind_;
    std::string detail_;
    std::string hint_;
};

} // namespace leadscore::core
