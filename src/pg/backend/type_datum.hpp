#pragma once

// Values of our types between Datums and the core.

#include <string>

#include "core/bytes.hpp"
#include "core/decay.hpp"
#include "core/score.hpp"
#include "pg/backend/guard.hpp"
#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// A score as it is stored. The version stands in the upper bits of the half-life, which needs 58.
struct StoredScore {
    double points;
    int64 reference;
    uint64 version_and_half_life;
};

inline constexpr int half_life_width = 58;
inline constexpr uint64 stored_score_version = 1;
static_assert(sizeof(StoredScore) == 24);
static_assert(core::longest_span < (int64{1} << half_life_width));

[[noreturn]] void refuse_stored_score();

// The stored form of a score was checked when it was made: only the version is looked at.
inline core::Score score_of(Datum datum) {
    const auto *stored = static_cast<const StoredScore *>(static_cast<const void *>(DatumGetPointer(datum)));
    if (stored->version_and_half_life >> half_life_width != stored_score_version) [[unlikely]]
        refuse_stored_score();
    constexpr uint64 mask = (uint64{1} << half_life_width) - 1;
    return core::Score::trusted(stored->points, stored->reference,
                                static_cast<int64>(stored->version_and_half_life & mask));
}

// Both are palloc'd. For a score no C++ object with a destructor may live; for a decay they may.
Datum datum_of(const core::Score &score);
Datum datum_of(const core::Decay &decay);

// The bytes of a decay, unpacked where they are compressed or stored elsewhere.
inline core::Bytes decay_bytes(Datum datum) {
    auto *value = static_cast<varlena *>(static_cast<void *>(DatumGetPointer(datum)));
    if (VARATT_IS_COMPRESSED(value) || VARATT_IS_EXTERNAL(value)) [[unlikely]]
        value = pg_detoast_datum_packed(value);
    return {static_cast<const unsigned char *>(static_cast<const void *>(VARDATA_ANY(value))),
            static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}
inline core::Decay decay_of(Datum datum) { return core::Decay::decode(decay_bytes(datum)); }

// Text as a palloc'd cstring; the string may live in C++ scopes.
Datum cstring_of(const std::string &text);

// All of what is left of a message, consumed.
core::Bytes rest_of_message(Datum message);

// palloc where C++ objects with destructors live.
void *palloc_unwinding(std::size_t size);

// A palloc'd bytea of this size, its content not set.
bytea *new_bytea(std::size_t size);
inline unsigned char *content_of(bytea *bytes) {
    return static_cast<unsigned char *>(static_cast<void *>(VARDATA(bytes)));
}

} // namespace leadscore::pg
