#include <cmath>
#include <vector>

#include "core/decay_text.hpp"
#include "core/settled.hpp"
#include "support.hpp"

namespace leadscore::test {

using namespace core;

namespace {

constexpr Ticks now = 8000 * day;

std::optional<double> read(const char *decay, const State &state, const Unfolded &changes = {}, Ticks instant = now) {
    const Decay made = read_decay(decay);
    std::vector<unsigned char> bytes(made.encoded_size());
    made.encode(bytes.data());
    return settled_points(DecayView(bytes), state, changes, instant);
}

// Of one activity.
State state_of(double points, Ticks occurred_at) {
    State state;
    state.points = points;
    state.magnitude = std::fabs(points);
    state.activities = 1;
    state.last_activity_at = occurred_at;
    return state;
}

} // namespace

TEST(Settled, IsTheSumOfStateAndChanges) {
    Random random(31);
    for (int i = 0; i < 1000; i++) {
        const double points = random.number(-100, 100);
        const double added = random.number(-100, 100);
        const Ticks age = random.between(0, 90 * day);
        const Unfolded changes{added, std::fabs(added), std::fabs(added), no_instant};
        const State state = state_of(points, now - age);
        EXPECT_NEAR(*read("none", state, changes), points + added, 1e-12);
        const double faded = points * std::exp2(-static_cast<double>(age) / static_cast<double>(30 * day));
        EXPECT_NEAR(*read("exponential(30 days)", state, changes), faded + added, 1e-12);
    }
    EXPECT_EQ(read("none", State{}, {4, 4, 4, no_instant}), 4);
    EXPECT_EQ(read("exponential(30 days)", State{}), 0);
}

TEST(Settled, ReadsWhatIsHeldAndWhatFalls) {
    State held = state_of(8, now - 10 * day);
    held.reference = now - 4 * day;
    held.held = 16;
    held.next_change_at = now + 1;
    EXPECT_EQ(read("exponential(4 days, hold 6 days)", held), 4 + 16);
    State falling = state_of(10, now - 3 * day);
    falling.reference = now - 2 * day;
    falling.falling = 1 / static_cast<double>(day);
    EXPECT_NEAR(*read("linear(12 days)", falling), 8, 1e-12);
}

TEST(Settled, SaysNothingWhereRowsMustBeAsked) {
    State due = state_of(8, now - 10 * day);
    due.next_change_at = now;
    EXPECT_EQ(read("window(10 days)", due), std::nullopt);
    EXPECT_EQ(read("window(10 days)", due, {}, now - 1), 8);

    EXPECT_EQ(read("none", state_of(8, now + 1)), std::nullopt);
    State later = state_of(8, now - 10 * day);
    later.reference = now + 1;
    EXPECT_EQ(read("window(30 days)", later), std::nullopt);

    // The last activity went, or one before it; or one of whom no state is known.
    EXPECT_EQ(read("none", state_of(8, now - day), {-3, -3, 3, now - day}), std::nullopt);
    EXPECT_EQ(read("none", state_of(8, now - day), {-3, -3, 3, now - day - 1}), 5);
    EXPECT_EQ(read("none", State{}, {-3, -3, 3, now - day}), std::nullopt);
}

TEST(Settled, SaysNothingWhereRoundingCouldShow) {
    State state = state_of(8, now - 10 * day);
    state.error = 4e-10;
    EXPECT_EQ(read("none", state), 8);
    state.error = 6e-9;
    EXPECT_EQ(read("none", state), std::nullopt);
    // Errors fade, and a large sum may have larger ones.
    EXPECT_TRUE(read("exponential(1 day)", state).has_value());
    state.points = state.magnitude = 100;
    EXPECT_EQ(read("none", state), 100);
    // But a linear sum may have fallen to nothing.
    EXPECT_EQ(read("linear(30 days)", state), std::nullopt);

    // What went was a million times what is left.
    const State large = state_of(1e7, now - day);
    EXPECT_EQ(read("none", large), 1e7);
    EXPECT_EQ(read("none", large, {1 - 1e7, 1 - 1e7, 1e7, now - 2 * day}), std::nullopt);
    EXPECT_EQ(read("none", large, {-1e6, -1e6, 1e6, now - 2 * day}), 9e6);
    EXPECT_EQ(read("none", state_of(1, now - day), {0, 0, 2e7, now - 2 * day}), std::nullopt);
}

} // namespace leadscore::test
