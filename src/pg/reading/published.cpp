#include "pg/reading/published.hpp"

#include "pg/backend/kept_plan.hpp"
#include "pg/backend/owner.hpp"

namespace leadscore::pg {

// Each version of a score consists of components of its own, whose numbers are never given again.
char *published_version(int score, int entity) {
    constexpr const char *select = R"(
        SELECT pg_catalog.concat_ws(' ', s.model, s.name, s.state, e.name, e.relation::pg_catalog.oid,
                 (SELECT t.relowner FROM pg_catalog.pg_class AS t WHERE t.oid OPERATOR(pg_catalog.=) e.relation),
                 pg_catalog.quote_literal(e.key), pg_catalog.quote_nullable(e.filter),
                 (SELECT pg_catalog.string_agg(c.id::pg_catalog.text, ',' ORDER BY c.id)
                  FROM leadscore_internal.component AS c
                  WHERE c.score OPERATOR(pg_catalog.=) s.id AND NOT c.building))
        FROM leadscore_internal.score AS s CROSS JOIN leadscore_internal.entity AS e
        WHERE s.id OPERATOR(pg_catalog.=) $1 AND e.id OPERATOR(pg_catalog.=) $2)";
    const Parameter parameters[] = {int4_parameter(score), int4_parameter(entity)};
    NullableDatum version{0, true};
    as_extension_owner([&] { version = kept_query_value(select, parameters, 2); });
    return version.isnull ? pstrdup("") : TextDatumGetCString(version.value);
}

} // namespace leadscore::pg
