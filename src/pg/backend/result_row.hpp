#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// A row of SPI's result, by column from 1 on. NULL is null, 0 or false. Strings and copies are made in the memory
// context that is current.
class ResultRow {
public:
    explicit ResultRow(uint64 number) : row_(SPI_tuptable->vals[number]), columns_(SPI_tuptable->tupdesc) {}

    int column_count() const { return columns_->natts; }

    NullableDatum value(int column) const {
        NullableDatum value{0, true};
        value.value = SPI_getbinval(row_, columns_, column, &value.isnull);
        return value;
    }

    NullableDatum copy(int column) const {
        NullableDatum copied = value(column);
        const FormData_pg_attribute *type = TupleDescAttr(columns_, column - 1);
        if (!copied.isnull)
            copied.value = datumCopy(copied.value, type->attbyval, type->attlen);
        return copied;
    }

    bool is_null(int column) const { return value(column).isnull; }
    bool flag(int column) const { return DatumGetBool(value(column).value); }
    int32 integer(int column) const { return DatumGetInt32(value(column).value); }
    int64 long_integer(int column) const { return is_null(column) ? 0 : DatumGetInt64(value(column).value); }
    double number(int column) const { return is_null(column) ? 0 : DatumGetFloat8(value(column).value); }
    Oid oid(int column) const { return DatumGetObjectId(value(column).value); }

    char *string(int column) const {
        const NullableDatum found = value(column);
        return found.isnull ? nullptr : TextDatumGetCString(found.value);
    }

private:
    HeapTuple row_;
    TupleDesc columns_;
};

// Those that SPI gave last.
template <typename Visit> void each_result_row(Visit visit) {
    const uint64 count = SPI_processed;
    for (uint64 i = 0; i < count; i++)
        visit(ResultRow(i));
}

} // namespace leadscore::pg
