#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

struct CaughtError {
    ErrorData *data;
};

// An error that is of the moment and says nothing of rows or expressions: the same statement may succeed when it is run
// again, so it is the statement that must fail.
inline void throw_on_passing(const CaughtError &error) {
    const int sqlstate = error.data->sqlerrcode;
    if (ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_TRANSACTION_ROLLBACK || sqlstate == ERRCODE_LOCK_NOT_AVAILABLE)
        ReThrowError(error.data);
}

// Runs the body in a subtransaction; false where it failed, with the error in the context given. What the body must not
// lose, it allocates outside of the subtransaction's context.
template <typename Body> bool attempt(Body body, CaughtError *error, MemoryContext error_context) {
    MemoryContext context = CurrentMemoryContext;
    ResourceOwner owner = CurrentResourceOwner;
    volatile bool succeeded = false;
    BeginInternalSubTransaction(nullptr);
    MemoryContextSwitchTo(context);
    PG_TRY();
    {
        body();
        ReleaseCurrentSubTransaction();
        succeeded = true;
    }
    PG_CATCH();
    {
        MemoryContextSwitchTo(error_context);
        error->data = CopyErrorData();
        FlushErrorState();
        RollbackAndReleaseCurrentSubTransaction();
    }
    PG_END_TRY();
    MemoryContextSwitchTo(context);
    CurrentResourceOwner = owner;
    return succeeded;
}

// As above, so that the error can be survived. Who cancels a statement means the statement, not the part of it that may
// fail.
template <typename Body> bool in_subtransaction(Body body, CaughtError *error, MemoryContext error_context) {
    if (attempt(body, error, error_context))
        return true;
    if (error->data->sqlerrcode == ERRCODE_QUERY_CANCELED)
        ReThrowError(error->data);
    return false;
}

} // namespace leadscore::pg
