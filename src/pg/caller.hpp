#pragma once

#include <type_traits>

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

// Runs the body of a set-up function, remembering its caller. Errors say what was wrong with the call, not where in the
// extension that was found.
void remembering_caller(void (*body)(void *), void *argument);
template <typename Body> void remembering_caller(Body &&body) {
    remembering_caller([](void *argument) { (*static_cast<std::remove_reference_t<Body> *>(argument))(); }, &body);
}

// Calls the function of the same name and arguments in leadscore_internal; for one that is there itself, the function
// whose name has granted_ before it.
Datum call_implementation(FunctionCallInfo fcinfo);

} // namespace leadscore::pg
