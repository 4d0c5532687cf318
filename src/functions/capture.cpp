#include "pg/capture.hpp"
#include "pg/guard.hpp"

using namespace leadscore::pg;

LEADSCORE_FUNCTION(capture) {
    if (!CALLED_AS_TRIGGER(fcinfo))
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("capture() must be called as a trigger")));
    auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
    if (!TRIGGER_FIRED_AFTER(trigger->tg_event) || !TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event))
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("capture() must be an AFTER trigger FOR EACH STATEMENT")));
    capture(trigger);
    return PointerGetDatum(nullptr);
}

// forget_program(relation): at commit, every backend compiles the rules on the table anew.
LEADSCORE_FUNCTION(forget_program) {
    CacheInvalidateRelcacheByRelid(PG_GETARG_OID(0));
    PG_RETURN_VOID();
}
