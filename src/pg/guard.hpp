#pragma once

// The two guards of the boundary between C++ and PostgreSQL.
//
// guarded() stands around every SQL entry point. A C++ exception must never reach PostgreSQL (it would end the whole
// cluster), and ereport must never jump over a live C++ object (it would leak) or out of a catch block (it would leak
// the exception). So an exception is copied into a plain struct, every C++ scope is left, and then ereport is called.
//
// unwinding() stands around a call into PostgreSQL that can error while C++ objects with destructors live: the error
// becomes a C++ exception, so that they are destroyed, and guarded() throws it on to PostgreSQL as it was.

#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include "core/error.hpp"
#include "pg/postgres.hpp"

namespace leadscore::pg {

// An error in plain memory: nothing in it needs a destructor. Only the first bytes are set when it is made: every call
// of an SQL function makes one, and clearing 3 kB would cost more than the function.
struct ErrorReport {
    ErrorReport() noexcept { message[0] = detail[0] = hint[0] = '\0'; }

    int sqlstate = 0;
    ErrorData *postgres_error = nullptr;
    char message[1024];
    char detail[1024];
    char hint[1024];
};

// A PostgreSQL error on its way through C++ scopes.
struct PostgresError {
    ErrorData *data;
};

void describe(ErrorReport &report, const core::Error &error) noexcept;
void describe(ErrorReport &report, const char *message) noexcept;
[[noreturn]] void raise(const ErrorReport &report);

template <typename Body> auto guarded(Body &&body) -> decltype(body()) {
    ErrorReport report;
    try {
        return body();
    } catch (const core::Error &error) {
        describe(report, error);
    } catch (const PostgresError &error) {
        report.postgres_error = error.data;
    } catch (const std::bad_alloc &) {
        report.sqlstate = ERRCODE_OUT_OF_MEMORY;
        describe(report, "out of memory");
    } catch (const std::exception &error) {
        report.sqlstate = ERRCODE_INTERNAL_ERROR;
        describe(report, error.what());
    } catch (...) {
        report.sqlstate = ERRCODE_INTERNAL_ERROR;
        describe(report, "unknown C++ exception");
    }
    raise(report);
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
