#pragma once

#include "pg/postgres.hpp"

namespace leadscore::pg {

struct CaughtError {
    int sqlstate;
    const char *message;
};

// Runs the body in a subtransaction, so that its error can be told and survived; false where it failed. The error's
// text is kept in the context given. What the body must not lose, it allocates outside of the subtransaction's context.
template <typename Body> bool in_subtransaction(Body body, CaughtError *error, MemoryContext error_context) {
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
        ErrorData *data = CopyErrorData();
        FlushErrorState();
        error->sqlstate = data->sqlerrcode;
        error->message = data->message;
        RollbackAndReleaseCurrentSubTransaction();
        // Who cancels a statement means the statement, not the part of it that may fail.
        if (data->sqlerrcode == ERRCODE_QUERY_CANCELED)
            ReThrowError(data);
    }
    PG_END_TRY();
    MemoryContextSwitchTo(context);
    CurrentResourceOwner = owner;
    return succeeded;
}

} // namespace leadscore::pg
