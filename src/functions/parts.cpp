#include "pg/guard.hpp"
#include "pg/marks.hpp"
#include "pg/parts.hpp"
#include "pg/tree.hpp"

using namespace leadscore::pg;

// before_command(): an event trigger.
LEADSCORE_FUNCTION(before_command) {
    if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("before_command() must be called as an event trigger")));
    before_command(reinterpret_cast<const EventTriggerData *>(fcinfo->context));
    PG_RETURN_VOID();
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
