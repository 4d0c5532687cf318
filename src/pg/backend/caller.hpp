#pragma once

#include <type_traits>

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// Who called a set-up function, and with which search_path: the function itself runs as the extension's owner with a
// pinned path, but rights are the caller's, and so are the names in the expressions that the caller gives.
struct Caller {
    Oid user;
    const char *search_path;
    const char *place; // where in a document the call has got to; null outside of one
};

// The caller of the set-up function under way; nullptr outside of one.
const Caller *current_caller();

// Errors of the set-up function under way begin with it from here on; null: no longer.
void set_place(const char *place);

// Runs the body of a set-up function, remembering its caller. Errors say what was wrong with the call, not where in the
// extension that was found.
void remembering_caller(const char *search_path, void (*body)(void *), void *argument);
template <typename Body> void remembering_caller(const char *search_path, Body &&body) {
    remembering_caller(
        search_path, [](void *argument) { (*static_cast<std::remove_reference_t<Body> *>(argument))(); }, &body);
}

// Calls the function of the same name and arguments in leadscore_internal; for one that is there itself, the function
// whose name has granted_ before it. Names in expressions are looked up in the search_path given.
Datum call_implementation(FunctionCallInfo fcinfo, const char *search_path);

} // namespace leadscore::pg
