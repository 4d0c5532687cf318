#include "pg/backend/event.hpp"
#include "pg/backend/guard.hpp"
#include "pg/tables/parts.hpp"
#include "pg/tables/tree.hpp"
#include "pg/writing/marks.hpp"

using namespace leadscore::pg;

// before_command() → event_trigger
LEADSCORE_FUNCTION(before_command) {
    before_command(event_of(fcinfo, "before_command()"));
    PG_RETURN_NULL();
}

// follow_commands() → event_trigger
LEADSCORE_FUNCTION(follow_commands) {
    event_of(fcinfo, "follow_commands()");
    if (!restores_dump())
        follow_commands();
    PG_RETURN_NULL();
}

// changed_parts(relations oid[]) → SETOF (root, part, added)
LEADSCORE_FUNCTION(changed_parts) {
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    read_changed_parts(PG_GETARG_DATUM(0), result->setResult, result->setDesc);
    return static_cast<Datum>(0);
}

// mark_rows(component, owner, query)
LEADSCORE_FUNCTION(mark_rows) {
    mark_rows(PG_GETARG_INT32(0), PG_GETARG_OID(1), text_to_cstring(PG_GETARG_TEXT_PP(2)));
    PG_RETURN_VOID();
}

// members_now(relation) → oid[]
LEADSCORE_FUNCTION(members_now) { return tree_of(PG_GETARG_OID(0)); }
