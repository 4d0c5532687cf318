#pragma once

#include "pg/postgres.hpp"

namespace leadscore::pg {

// Who called a set-up function, and with which search_path: the function itself runs as the extension's owner with a
// pinned path, but rights are the caller's, and so are the names in the expressions that the caller gives.
struct Caller {
    Oid user;
    const char *search_path;
};

// The caller of the set-up function under way; nullptr outside of one.
const Caller *current_caller();

// Calls the function of the same name and arguments in leadscore_internal, remembering the caller.
Datum call_implementation(FunctionCallInfo fcinfo);

} // namespace leadscore::pg
