#include "pg/tables/change.hpp"

namespace leadscore::pg {

namespace {

// The table, if there is one; whatever is wrong with the statement is for the statement to say.
ArrayType *family_of(const RangeVar *name) {
    Oid relation = name != nullptr ? RangeVarGetRelid(name, NoLock, true) : InvalidOid;
    if (!OidIsValid(relation))
        return construct_empty_array(OIDOID);
    List *family = find_all_inheritors(relation, NoLock, nullptr);
    ArrayBuildState *relations = initArrayResult(OIDOID, CurrentMemoryContext, false);
    ListCell *cell = nullptr;
    foreach (cell, family)
        relations =
            accumArrayResult(relations, ObjectIdGetDatum(lfirst_oid(cell)), false, OIDOID, CurrentMemoryContext);
    return DatumGetArrayTypeP(makeArrayResult(relations, CurrentMemoryContext));
}

// The last part of a qualified name; null where the object has no name of its own in expressions.
const char *last_name(Node *object) {
    if (IsA(object, ObjectWithArgs))
        return strVal(llast(reinterpret_cast<ObjectWithArgs *>(object)->objname));
    if (IsA(object, List))
        return strVal(llast(reinterpret_cast<List *>(object)));
    if (IsA(object, TypeName))
        return strVal(llast(reinterpret_cast<TypeName *>(object)->names));
    return nullptr;
}

Change table_change(const RangeVar *relation) {
    Change change{};
    change.matters = true;
    change.relations = family_of(relation);
    return change;
}

Change rename_of_anything(const char *mention) {
    Change change{};
    change.matters = true;
    change.renames = true;
    change.mention = mention;
    return change;
}

Change rename(const RenameStmt *statement) {
    switch (statement->renameType) {
    case OBJECT_COLUMN: {
        Change change = table_change(statement->relation);
        change.renames = true;
        change.mention = statement->subname;
        return change;
    }
    case OBJECT_ATTRIBUTE: // also of the tables of a type
        return rename_of_anything(statement->subname);
    case OBJECT_SCHEMA: {
        Change change = rename_of_anything(statement->subname);
        change.model = statement->subname;
        change.new_model = statement->newname;
        return change;
    }
    // ALTER INDEX and ALTER VIEW rename tables, too.
    case OBJECT_TABLE:
    case OBJECT_INDEX:
    case OBJECT_VIEW:
        return table_change(statement->relation);
    case OBJECT_COLLATION:
    case OBJECT_DOMAIN:
    case OBJECT_FUNCTION:
    case OBJECT_ROUTINE:
    case OBJECT_TYPE:
        return rename_of_anything(last_name(statement->object));
    default:
        return Change{};
    }
}

Change move(const AlterObjectSchemaStmt *statement) {
    switch (statement->objectType) {
    case OBJECT_TABLE:
        return table_change(statement->relation);
    case OBJECT_COLLATION:
    case OBJECT_DOMAIN:
    case OBJECT_FUNCTION:
    case OBJECT_OPERATOR:
    case OBJECT_ROUTINE:
    case OBJECT_TYPE:
        return rename_of_anything(last_name(statement->object));
    case OBJECT_EXTENSION: // with all that is in it
        return rename_of_anything(nullptr);
    default:
        return Change{};
    }
}

bool may_change_values(AlterTableType kind) {
#if PG_VERSION_NUM >= 170000
    if (kind == AT_SetExpression)
        return true;
#endif
    return kind == AT_AlterColumnType;
}

Change alteration(const AlterTableStmt *statement) {
    Change change = table_change(statement->relation);
    ArrayBuildState *columns = nullptr;
    ListCell *cell = nullptr;
    foreach (cell, statement->cmds) {
        auto *command = lfirst_node(AlterTableCmd, cell);
        if (may_change_values(command->subtype))
            columns =
                accumArrayResult(columns, CStringGetTextDatum(command->name), false, TEXTOID, CurrentMemoryContext);
    }
    if (columns != nullptr)
        change.rewritten = DatumGetArrayTypeP(makeArrayResult(columns, CurrentMemoryContext));
    return change;
}

} // namespace

Change change_of(const Node *statement) {
    switch (nodeTag(statement)) {
    case T_RenameStmt:
        return rename(reinterpret_cast<const RenameStmt *>(statement));
    case T_AlterObjectSchemaStmt:
        return move(reinterpret_cast<const AlterObjectSchemaStmt *>(statement));
    case T_AlterTableStmt:
        return alteration(reinterpret_cast<const AlterTableStmt *>(statement));
    case T_AlterEnumStmt: {
        const char *label = reinterpret_cast<const AlterEnumStmt *>(statement)->oldVal;
        return label != nullptr ? rename_of_anything(label) : Change{};
    }
    case T_ReassignOwnedStmt: {
        Change change{};
        change.matters = true;
        return change;
    }
    default:
        return Change{};
    }
}

} // namespace leadscore::pg
