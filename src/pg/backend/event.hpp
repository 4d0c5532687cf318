#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// What an event trigger's function is called for; an error where something else calls it.
inline const EventTriggerData *event_of(FunctionCallInfo fcinfo, const char *function) {
    if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("%s must be called as an event trigger", function)));
    return reinterpret_cast<const EventTriggerData *>(fcinfo->context);
}

// Whether the session restores a dump, by the settings with which all that pg_dump and pg_restore write begins. Tables
// of the CRM are altered then while the catalogue is there in parts (pg_restore -j fills and alters tables in any
// order), and what their commands lead to is in the dump, too.
inline bool restores_dump() { return !check_function_bodies && namespace_search_path[0] == '\0'; }

} // namespace leadscore::pg
