#pragma once

// Instants and spans as text: ISO 8601 for scores, PostgreSQL's own words for decays.

#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace leadscore::core {

// "2026-11-21T00:00:00Z", with a fraction of up to six digits where there is one.
void append_iso_instant(std::string &text, Ticks instant);

// The same with T or blank, Z or an offset, seconds and fraction optional. Throws invalid_text or time_out_of_range.
Ticks read_iso_instant(std::string_view text);

// "P30D", "PT1H30M", "P1DT0.5S". The span is positive.
void append_iso_span(std::string &text, Ticks span);

// The same, weeks too. Months and years have no fixed length.
Ticks read_iso_span(std::string_view text);

// "30 days", "1 day 12:00:00", "00:00:01.5": read alike by every setting of PostgreSQL.
void append_span(std::string &text, Ticks span);
std::string span_text(Ticks span);

// What append_span writes, also with other amounts ("36:00:00"); nothing for any other text.
std::optional<Ticks> read_span(std::string_view text) noexcept;

} // namespace leadscore::core
