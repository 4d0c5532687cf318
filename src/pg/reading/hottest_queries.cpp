#include <algorithm>
#include <iterator>

#include "pg/reading/hottest_queries.hpp"

#include "pg/backend/kept.hpp"
#include "pg/backend/kept_plan.hpp"
#include "pg/backend/owner.hpp"
#include "pg/reading/published.hpp"
#include "pg/reading/readable.hpp"

namespace leadscore::pg {

namespace {

HottestQueries ask(const RankedScore &score, int wanted) {
    constexpr const char *select =
        "SELECT q.paused, q.score_id, q.entity_id, q.relation, q.owner, q.key_type, q.leaders, "
        "q.among, q.everybody, q.rows, q.view_name FROM leadscore_internal.hottest_queries($1, $2, $3, $4, $5) AS q";
    const Parameter parameters[] = {{NAMEOID, score.model},
                                    {TEXTOID, score.entity},
                                    {TEXTOID, score.score},
                                    {INT4OID, score.n},
                                    {INT4OID, {Int32GetDatum(wanted), false}}};
    HottestQueries queries{};
    as_extension_owner([&] {
        kept_query_row(select, parameters, 5, [&](const ResultRow &row) {
            queries = {row.flag(1),   row.integer(2), row.integer(3), row.oid(4),     row.oid(5),    row.oid(6),
                       row.string(7), row.string(8),  row.string(9),  row.string(10), row.string(11)};
        });
    });
    return queries;
}

struct KeptQueries {
    MemoryContext context; // holds the texts
    uint64 generation;
    char *asked;
    char *version;
    HottestQueries queries;
};

// The last ones, in turn.
constexpr int most_kept = 8;
KeptQueries kept_queries[most_kept];
int next_kept = 0;

HottestQueries copy(const HottestQueries &queries) {
    auto text = [](const char *of) { return of == nullptr ? nullptr : pstrdup(of); };
    HottestQueries copied = queries;
    copied.leaders = text(queries.leaders);
    copied.among = text(queries.among);
    copied.everybody = text(queries.everybody);
    copied.rows = text(queries.rows);
    copied.view = text(queries.view);
    return copied;
}

void keep(const char *asked, const HottestQueries &queries, uint64 generation) {
    const char *version = published_version(queries.score, queries.entity);
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore hottest", ALLOCSET_SMALL_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(context);
    KeptQueries made{context, generation, pstrdup(asked), pstrdup(version), copy(queries)};
    MemoryContextSwitchTo(caller);
    // From here on nothing fails.
    MemoryContextSetParent(context, CacheMemoryContext);
    KeptQueries *place = std::find_if(std::begin(kept_queries), std::end(kept_queries), [&](const KeptQueries &one) {
        return one.context != nullptr && strcmp(one.asked, asked) == 0;
    });
    if (place == std::end(kept_queries)) {
        place = &kept_queries[next_kept];
        next_kept = (next_kept + 1) % most_kept;
    }
    if (place->context != nullptr)
        MemoryContextDelete(place->context);
    *place = made;
}

const KeptQueries *find(const char *asked) {
    for (const KeptQueries &one : kept_queries)
        if (one.context != nullptr && one.generation == kept_generation() && strcmp(one.asked, asked) == 0)
            return &one;
    return nullptr;
}

} // namespace

HottestQueries hottest_queries(const RankedScore &score, int wanted) {
    // Partitions that came and went meanwhile.
    AcceptInvalidationMessages();
    if (score.model.isnull || score.entity.isnull || score.score.isnull || score.n.isnull)
        return ask(score, wanted);
    const char *asked =
        psprintf("%s %s %s %d %d", quote_identifier(NameStr(*DatumGetName(score.model.value))),
                 quote_identifier(TextDatumGetCString(score.entity.value)),
                 quote_identifier(TextDatumGetCString(score.score.value)), DatumGetInt32(score.n.value), wanted);
    if (const KeptQueries *known = find(asked)) {
        const HottestQueries queries = copy(known->queries);
        const char *version = pstrdup(known->version);
        hold_view(queries.view);
        if (find(asked) != nullptr && strcmp(version, published_version(queries.score, queries.entity)) == 0) {
            if (!queries.paused)
                check_readable(queries.score);
            return queries;
        }
    }
    uint64 generation = kept_generation();
    HottestQueries queries = ask(score, wanted);
    hold_view(queries.view);
    if (generation != kept_generation()) {
        generation = kept_generation();
        queries = ask(score, wanted);
    }
    keep(asked, queries, generation);
    return queries;
}

} // namespace leadscore::pg
