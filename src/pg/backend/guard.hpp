#pragma once

// The two guards of the boundary between C++ and PostgreSQL.
//
// guarded() stands around every SQL entry point. A C++ exception must never reach PostgreSQL (it would end the whole
// cluster), and ereport must never jump over a live C++ object (it would leak) or out of a catch block (it would leak
// the exception). So an exception is copied into a plain struct, every C++ scope is left, and then ereport is called.
//
// unwinding() stands around a call into PostgreSQL that can error while C++ objects with destructors live: the error
// becomes a C++ exception, so that they are destroyed, and guarded() throws it on to PostgreSQL as it was.

#include <type_traits>
#include <utility>

#include "core/error.hpp"
#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// An error in plain memory: nothing in it needs a destructor.
struct ErrorReport {
    int sqlstate = 0;
    ErrorData *postgres_error = nullptr;
    char message[1024] = {};
    char detail[1024] = {};
    char hint[1024] = {};
};

// A PostgreSQL error on its way through C++ scopes.
struct PostgresError {
    ErrorData *data;
};

void describe(ErrorReport &report, const core::Error &error) noexcept;
void describe(ErrorReport &report, const char *message) noexcept;
[[noreturn]] void raise(const ErrorReport &report);

// Inside a catch block: what was caught, as a report. The report is the one of the backend, so that an entry point
// needs no room for it; it is raised before anything else can be caught.
const ErrorReport &caught_report() noexcept;

template <typename Body> auto guarded(Body &&body) -> decltype(body()) {
    const ErrorReport *report = nullptr;
    try {
        return body();
    } catch (...) {
        report = &caught_report();
    }
    raise(*report);
}

// Calls the body and returns its error, or null. Never inlined: setjmp shall not share a frame with the variables of
// its callers, which the compiler may hold in registers. The body must not leave PG_TRY early.
template <typename Body> [[gnu::noinline]] ErrorData *error_of(Body &&body) {
    MemoryContext caller_context = CurrentMemoryContext;
    ErrorData *volatile caught = nullptr;
    PG_TRY();
    { body(); }
    PG_CATCH();
    {
        MemoryContextSwitchTo(caller_context);
        caught = CopyErrorData();
        FlushErrorState();
    }
    PG_END_TRY();
    return caught;
}

template <typename Body> auto unwinding(Body &&body) -> decltype(body()) {
    using Result = decltype(body());
    if constexpr (std::is_void_v<Result>) {
        if (ErrorData *caught = error_of(body))
            throw PostgresError{caught};
    } else {
        static_assert(std::is_trivially_copyable_v<Result>);
        Result result{};
        if (ErrorData *caught = error_of([&] { result = body(); }))
            throw PostgresError{caught};
        return result;
    }
}

} // namespace leadscore::pg

// Declares and opens an SQL entry point: LEADSCORE_FUNCTION(decay_in) { return guarded([&] { … }); }
#define LEADSCORE_FUNCTION(name)                                                                                       \
    extern "C" {                                                                                                       \
    PG_FUNCTION_INFO_V1(leadscore_##name);                                                                             \
    PGDLLEXPORT Datum leadscore_##name(PG_FUNCTION_ARGS);                                                              \
    }                                                                                                                  \
    Datum leadscore_##name(PG_FUNCTION_ARGS)
