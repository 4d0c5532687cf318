#include "core/error.hpp"
#include "core/score_text.hpp"
#include "core/text.hpp"
#include "core/time_text.hpp"

namespace leadscore::core {

namespace {

double read_points(std::string_view text, std::string_view whole) {
    text = trimmed(text);
    const auto points = read_number(text);
    if (!points)
        throw Error(ErrorKind::invalid_text, "invalid score: points " + quoted(text) + " are not a number",
                    "The text is " + quoted(whole) + ".", "Write 57.3 or 57.3@2026-11-21T00:00:00Z/P30D.");
    return *points;
}

} // namespace

Score read_score(std::string_view text) {
    text = trimmed(text);
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos)
        return Score(read_points(text, text));
    const double points = read_points(text.substr(0, at), text);
    const std::string_view rest = text.substr(at + 1);
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos)
        throw Error(ErrorKind::invalid_text, "invalid score: no half-life behind the time",
                    "The text is " + quoted(text) + ".", "Write 57.3@2026-11-21T00:00:00Z/P30D.");
    try {
        const Ticks reference = read_iso_instant(rest.substr(0, slash));
        const Ticks half_life = read_iso_span(rest.substr(slash + 1));
        if (half_life == no_half_life)
            throw Error(ErrorKind::invalid_parameter, "half-life must be at least one second");
        return Score(points, reference, half_life);
    } catch (const Error &error) {
        throw Error(error.kind(), std::string("invalid score: ") + error.what(), "The text is " + quoted(text) + ".",
                    error.hint());
    }
}

std::string score_text(const Score &score) {
    std::string text;
    append_number(text, score.points());
    if (score.decays()) {
        text += '@';
        append_iso_instant(text, score.reference());
        text += '/';
        append_iso_span(text, score.half_life());
    }
    return text;
}

} // namespace leadscore::core
