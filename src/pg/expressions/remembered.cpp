#include "pg/expressions/remembered.hpp"

namespace leadscore::pg {

namespace {

struct Memory {
    const Node *statement;
    List *expressions;
    Memory *outer;
};

Memory *memories = nullptr;
Memory *current = nullptr;

void forget_all(void *) {
    memories = nullptr;
    current = nullptr;
}

// A statement that failed leaves its memory behind, and another may stand at its address.
void forget(const Node *statement) {
    for (Memory **link = &memories; *link != nullptr;) {
        if ((*link)->statement == statement)
            *link = (*link)->outer;
        else
            link = &(*link)->outer;
    }
}

} // namespace

void begin_remembering(const Node *statement) {
    if (memories == nullptr) {
        auto *callback = static_cast<MemoryContextCallback *>(
            MemoryContextAllocZero(TopTransactionContext, sizeof(MemoryContextCallback)));
        callback->func = forget_all;
        MemoryContextRegisterResetCallback(TopTransactionContext, callback);
    }
    forget(statement);
    auto *memory = static_cast<Memory *>(MemoryContextAllocZero(TopTransactionContext, sizeof(Memory)));
    memory->statement = statement;
    memory->outer = memories;
    memories = memory;
    current = memory;
}

void end_remembering(const Node *statement) {
    current = nullptr;
    for (Memory *memory = memories; memory != nullptr && current == nullptr; memory = memory->outer)
        if (memory->statement == statement)
            current = memory;
    forget(statement);
}

void remember(const RememberedExpression &expression) {
    if (current == nullptr)
        return;
    MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
    auto *kept = static_cast<RememberedExpression *>(palloc(sizeof(RememberedExpression)));
    kept->relation = expression.relation;
    kept->through = expression.through;
    if (!kept->through.isnull)
        kept->through.value = datumCopy(kept->through.value, false, -1);
    kept->row_name = pstrdup(expression.row_name);
    kept->text = pstrdup(expression.text);
    kept->expression = static_cast<Node *>(copyObjectImpl(expression.expression));
    current->expressions = lappend(current->expressions, kept);
    MemoryContextSwitchTo(caller);
}

List *remembered() { return current != nullptr ? current->expressions : NIL; }

} // namespace leadscore::pg
