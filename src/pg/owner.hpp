#pragma once

#include "pg/postgres.hpp"

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

// Work on the extension's own tables: names in it must be qualified.
template <typename Body> void as_extension_owner(Body body) { as_role(extension_owner(), 0, body); }

// Evaluation of a user's expressions: with the rights of the owner of the table that they read and nothing more.
// A search_path that the session chose must not decide what a function in them calls.
template <typename Body> void as_table_owner(Oid owner, Body body) {
    int nest = NewGUCNestLevel();
    set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    as_role(owner, SECURITY_RESTRICTED_OPERATION, body);
    AtEOXact_GUC(true, nest);
}

} // namespace leadscore::pg
