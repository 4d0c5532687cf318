#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// The role that owns the extension's own tables.
Oid extension_owner();

// Runs the body as another role; an error restores the role through the abort of the (sub)transaction.
template <typename Body> void as_role(Oid role, int extra_flags, Body body) {
    Oid user = InvalidOid;
    int flags = 0;
    GetUserIdAndSecContext(&user, &flags);
    SetUserIdAndSecContext(role, flags | SECURITY_LOCAL_USERID_CHANGE | extra_flags);
    body();
    SetUserIdAndSecContext(user, flags);
}

// Until the end of the nest level of settings that is open.
inline void set_for_now(const char *setting, const char *value) {
    set_config_option(setting, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

// Runs the body with a search_path that the session did not choose: operators in a query are looked up there, too. What
// the body sets, as a function in a user's expression may, ends with it: the session that goes on may be a superuser's.
template <typename Body> void in_safe_path(Body body) {
    int nest = NewGUCNestLevel();
    set_for_now("search_path", "pg_catalog, pg_temp");
    // Compiling such a query takes longer than running it.
    set_for_now("jit", "off");
    body();
    AtEOXact_GUC(false, nest);
}

// Work on the extension's own tables.
template <typename Body> void as_extension_owner(Body body) {
    in_safe_path([&] { as_role(extension_owner(), 0, body); });
}

// Evaluation of a user's expressions: with the rights of the owner of the table that they read and nothing more.
template <typename Body> void as_table_owner(Oid owner, Body body) {
    in_safe_path([&] {
        // Where row-level security would hide rows even from the owner, an error is better than a wrong score.
        set_for_now("row_security", "off");
        // Numbers that differ must differ as text, by which changed rows are told from rows that stayed as they were.
        set_for_now("extra_float_digits", "1");
        as_role(owner, SECURITY_RESTRICTED_OPERATION, body);
    });
}

} // namespace leadscore::pg
