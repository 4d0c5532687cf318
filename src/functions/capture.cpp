#include "pg/backend/guard.hpp"
#include "pg/writing/capture.hpp"
#include "pg/writing/marks.hpp"

using namespace leadscore::pg;

namespace {

TriggerData *statement_trigger(FunctionCallInfo fcinfo, const char *function) {
    if (!CALLED_AS_TRIGGER(fcinfo))
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("%s must be called as a trigger", function)));
    auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
    if (!TRIGGER_FIRED_AFTER(trigger->tg_event) || !TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event))
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("%s must be an AFTER trigger FOR EACH STATEMENT", function)));
    bool removes = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) || TRIGGER_FIRED_BY_DELETE(trigger->tg_event);
    bool adds = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) || TRIGGER_FIRED_BY_INSERT(trigger->tg_event);
    if ((removes && trigger->tg_oldtable == nullptr) || (adds && trigger->tg_newtable == nullptr))
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("%s needs the transition tables of its event", function)));
    return trigger;
}

} // namespace

LEADSCORE_FUNCTION(capture) {
    capture(statement_trigger(fcinfo, "capture()"));
    return PointerGetDatum(nullptr);
}

LEADSCORE_FUNCTION(capture_marks) {
    capture_marks(statement_trigger(fcinfo, "capture_marks()"));
    return PointerGetDatum(nullptr);
}

// forget_program(relation): at commit, every backend compiles the rules on the table anew.
LEADSCORE_FUNCTION(forget_program) {
    CacheInvalidateRelcacheByRelid(PG_GETARG_OID(0));
    PG_RETURN_VOID();
}
