#pragma once

// A decay as text: "exponential(30 days, expire 90 days)". The output is canonical and reads back to an equal value.

#include <string>
#include <string_view>

#include "core/decay.hpp"

namespace leadscore::core {

// Reads a span that is not in the form that output writes. Errors are predicates ("has no fixed length").
using SpanReader = Ticks (*)(std::string_view text);

// For use without a server: such spans are refused.
Ticks refuse_span(std::string_view text);

Decay read_decay(std::string_view text, SpanReader other_spans = refuse_span);
std::string decay_text(const Decay &decay);

} // namespace leadscore::core
