#include <cstring>
#include <exception>
#include <new>

#include "pg/backend/guard.hpp"

namespace leadscore::pg {

namespace {

int sqlstate_of(core::ErrorKind kind) noexcept {
    switch (kind) {
    case core::ErrorKind::invalid_text:
        return ERRCODE_INVALID_TEXT_REPRESENTATION;
    case core::ErrorKind::invalid_binary:
        return ERRCODE_INVALID_BINARY_REPRESENTATION;
    case core::ErrorKind::invalid_parameter:
    case core::ErrorKind::mismatch:
        return ERRCODE_INVALID_PARAMETER_VALUE;
    case core::ErrorKind::out_of_range:
        return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
    case core::ErrorKind::time_out_of_range:
        return ERRCODE_DATETIME_VALUE_OUT_OF_RANGE;
    case core::ErrorKind::division_by_zero:
        return ERRCODE_DIVISION_BY_ZERO;
    }
    return ERRCODE_INTERNAL_ERROR;
}

// Cuts between characters, so that what is left is still valid in the server's encoding.
void copy_clipped(char *to, size_t size, const char *from) noexcept {
    size_t length = strlen(from);
    if (length >= size)
        length = static_cast<size_t>(pg_mbcliplen(from, static_cast<int>(length), static_cast<int>(size) - 1));
    memcpy(to, from, length);
    to[length] = '\0';
}

} // namespace

void describe(ErrorReport &report, const core::Error &error) noexcept {
    report.sqlstate = sqlstate_of(error.kind());
    copy_clipped(report.message, sizeof(report.message), error.what());
    copy_clipped(report.detail, sizeof(report.detail), error.detail().c_str());
    copy_clipped(report.hint, sizeof(report.hint), error.hint().c_str());
}

void describe(ErrorReport &report, const char *message) noexcept {
    copy_clipped(report.message, sizeof(report.message), message);
}

const ErrorReport &caught_report() noexcept {
    static ErrorReport report;
    report = {};
    try {
        throw;
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
    return report;
}

void raise(const ErrorReport &report) {
    if (report.postgres_error != nullptr)
        ReThrowError(report.postgres_error);
    ereport(ERROR, (errcode(report.sqlstate), errmsg("%s", report.message),
                    report.detail[0] != '\0' ? errdetail("%s", report.detail) : 0,
                    report.hint[0] != '\0' ? errhint("%s", report.hint) : 0));
    pg_unreachable();
}

} // namespace leadscore::pg
