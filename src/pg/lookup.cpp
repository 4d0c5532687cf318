#include "pg/lookup.hpp"

#include "pg/kept_plan.hpp"
#include "pg/owner.hpp"
#include "pg/sight.hpp"

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
    const char *query; // null where it is paused
};

// The last ones, in turn.
constexpr int most_lookups = 8;
Lookup lookups[most_lookups];
int next_lookup = 0;

const Lookup *find(const ScoreNames &names) {
    const Sight sight = present_sight();
    for (const Lookup &lookup : lookups)
        if (lookup.context != nullptr && lookup.sight == sight && lookup.names == names)
            return &lookup;
    return nullptr;
}

const Lookup *ask(const ScoreNames &names) {
    constexpr const char *select =
        "SELECT CASE WHEN NOT r.paused THEN r.lookup END FROM leadscore_internal.readable_score($1, $2, $3) AS r";
    const Sight sight = present_sight();
    const Parameter parameters[] = {{NAMEOID, {DirectFunctionCall1(namein, CStringGetDatum(names.model)), false}},
                                    {TEXTOID, {CStringGetTextDatum(names.entity), false}},
                                    {TEXTOID, {CStringGetTextDatum(names.score), false}}};
    const NullableDatum query = [&] {
        NullableDatum result{0, true};
        in_safe_path([&] { result = kept_query_value(select, parameters, 3); });
        return result;
    }();
    Lookup made{
        AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore lookup", ALLOCSET_SMALL_SIZES), sight, {}, nullptr};
    auto kept = [&](const char *text) { return MemoryContextStrdup(made.context, text); };
    made.names = ScoreNames{kept(names.model), kept(names.entity), kept(names.score)};
    if (!query.isnull)
        made.query = kept(TextDatumGetCString(query.value));
    // From here on nothing fails.
    Lookup *place = &lookups[next_lookup];
    next_lookup = (next_lookup + 1) % most_lookups;
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
    const Lookup *lookup = find(names);
    if (lookup == nullptr)
        lookup = ask(names);
    if (lookup->query == nullptr)
        return NullableDatum{0, true};
    // What it reads may look up as well, and take its place.
    return look_up(pstrdup(lookup->query), key);
}

} // namespace leadscore::pg
