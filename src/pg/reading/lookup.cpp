#include "pg/reading/lookup.hpp"

#include "pg/backend/kept_plan.hpp"
#include "pg/backend/owner.hpp"
#include "pg/reading/published.hpp"
#include "pg/reading/readable.hpp"
#include "pg/reading/sight.hpp"

namespace leadscore::pg {

namespace {

struct ScoreNames {
    const char *model;
    const char *entity;
    const char *score;

    bool operator==(const ScoreNames &other) const {
        return strcmp(model, other.model) == 0 && strcmp(entity, other.entity) == 0 && strcmp(score, other.score) == 0;
    }
};

// How a score is looked up, or that it is paused.
struct Lookup {
    MemoryContext context; // holds the texts
    Sight sight;
    ScoreNames names;
    int score;
    int entity;
    const char *version;
    const char *query; // null where it is paused
};

// The last ones, in turn.
constexpr int most_lookups = 8;
Lookup lookups[most_lookups];
int next_lookup = 0;

Lookup *find(const ScoreNames &names) {
    for (Lookup &lookup : lookups)
        if (lookup.context != nullptr && lookup.names == names)
            return &lookup;
    return nullptr;
}

// Whether it is so in the snapshot, too; an error where the score cannot be read.
bool still_holds(Lookup *lookup) {
    const Sight sight = present_sight();
    if (lookup->sight == sight)
        return true;
    MemoryContext context = lookup->context;
    const int score = lookup->score;
    const bool is_paused = lookup->query == nullptr;
    if (lookup->sight.generation != sight.generation ||
        strcmp(lookup->version, published_version(score, lookup->entity)) != 0)
        return false;
    if (!is_paused)
        check_readable(score);
    // The questions may have run a function of the user's that came here, too.
    if (lookup->context != context)
        return false;
    lookup->sight = sight;
    return true;
}

const Lookup *ask(const ScoreNames &names) {
    constexpr const char *select = "SELECT r.score_id, r.entity_id, CASE WHEN NOT r.paused THEN r.lookup END FROM "
                                   "leadscore_internal.readable_score($1, $2, $3) AS r";
    const Sight sight = present_sight();
    const Parameter parameters[] = {{NAMEOID, {DirectFunctionCall1(namein, CStringGetDatum(names.model)), false}},
                                    {TEXTOID, {CStringGetTextDatum(names.entity), false}},
                                    {TEXTOID, {CStringGetTextDatum(names.score), false}}};
    Lookup made{AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore lookup", ALLOCSET_SMALL_SIZES),
                sight,
                {},
                0,
                0,
                "",
                nullptr};
    auto kept = [&](const char *text) { return MemoryContextStrdup(made.context, text); };
    in_safe_path([&] {
        kept_query_row(select, parameters, 3, [&](const ResultRow &row) {
            made.score = row.integer(1);
            made.entity = row.integer(2);
            if (!row.is_null(3))
                made.query = kept(row.string(3));
        });
    });
    made.names = ScoreNames{kept(names.model), kept(names.entity), kept(names.score)};
    made.version = kept(published_version(made.score, made.entity));
    // From here on nothing fails.
    Lookup *place = find(names);
    if (place == nullptr) {
        place = &lookups[next_lookup];
        next_lookup = (next_lookup + 1) % most_lookups;
    }
    if (place->context != nullptr)
        MemoryContextDelete(place->context);
    MemoryContextSetParent(made.context, CacheMemoryContext);
    *place = made;
    return place;
}

} // namespace

NullableDatum look_up(const char *query, const Parameter &key) {
    NullableDatum number{0, true};
    in_safe_path([&] {
        SPI_connect();
        if (execute_kept(query, &key, 1) != SPI_OK_SELECT || SPI_tuptable->tupdesc->natts != 1 ||
            SPI_gettypeid(SPI_tuptable->tupdesc, 1) != FLOAT8OID)
            ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("the query must give a number")));
        if (SPI_processed > 0)
            number.value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &number.isnull);
        SPI_finish();
    });
    return number;
}

NullableDatum points_now(Datum model, Datum entity, Datum score, const Parameter &key) {
    // Partitions that came and went meanwhile.
    AcceptInvalidationMessages();
    const ScoreNames names{NameStr(*DatumGetName(model)), TextDatumGetCString(entity), TextDatumGetCString(score)};
    Lookup *known = find(names);
    const Lookup *lookup = known != nullptr && still_holds(known) ? known : ask(names);
    if (lookup->query == nullptr)
        return NullableDatum{0, true};
    // What it reads may look up as well, and take its place.
    return look_up(pstrdup(lookup->query), key);
}

} // namespace leadscore::pg
