#pragma once

// A score as text: "57.3@2026-11-21T00:00:00Z/P30D", or "57.3" where it does not decay.

#include <string>
#include <string_view>

#include "core/score.hpp"

namespace leadscore::core {

Score read_score(std::string_view text);
std::string score_text(const Score &score);

} // namespace leadscore::core
