#include <cstring>

#include "core/error.hpp"
#include "pg/backend/type_datum.hpp"

namespace leadscore::pg {

void refuse_stored_score() {
    throw core::Error(core::ErrorKind::invalid_binary, "stored score has an unknown version", {},
                      "It was written by a later release of pg_leadscore.");
}

Datum datum_of(const core::Score &score) {
    auto *stored = static_cast<StoredScore *>(palloc(sizeof(StoredScore)));
    stored->points = score.points();
    stored->reference = score.reference();
    stored->version_and_half_life = (stored_score_version << half_life_width) | static_cast<uint64>(score.half_life());
    return PointerGetDatum(stored);
}

Datum datum_of(const core::Decay &decay) {
    const std::size_t size = decay.encoded_size();
    bytea *bytes = unwinding([&] { return new_bytea(size); });
    decay.encode(content_of(bytes));
    return PointerGetDatum(bytes);
}

Datum cstring_of(const std::string &text) {
    char *copy = static_cast<char *>(palloc_unwinding(text.size() + 1));
    memcpy(copy, text.c_str(), text.size() + 1);
    return CStringGetDatum(copy);
}

core::Bytes rest_of_message(Datum message) {
    auto *buffer = static_cast<StringInfo>(static_cast<void *>(DatumGetPointer(message)));
    const core::Bytes rest{static_cast<const unsigned char *>(static_cast<const void *>(buffer->data)) + buffer->cursor,
                           static_cast<std::size_t>(buffer->len - buffer->cursor)};
    buffer->cursor = buffer->len;
    return rest;
}

void *palloc_unwinding(std::size_t size) {
    return unwinding([&] { return palloc(size); });
}

bytea *new_bytea(std::size_t size) {
    auto *bytes = static_cast<bytea *>(palloc(size + VARHDRSZ));
    SET_VARSIZE(bytes, size + VARHDRSZ);
    return bytes;
}

} // namespace leadscore::pg
