// The physical limit of a load: writes what a store of Health Brain holds, body for body and index row for index row,
// into an empty SQLite database by prepared statements and nothing else.
//
//   bare-sqlite --store var/healthbrain.db --into limit.db --resources-per-commit 300
//
// Everything is read into memory before the clock starts. Then, resource by resource in the order in which they were
// stored, the rows of each resource go into tables of the same definition, with the same journal (WAL), the same
// synchronous=FULL and as many resources in a transaction as the load has in a bundle. No HTTP, no JSON, no checks, no
// compression, no index values to derive. The result is one JSON object on the standard output.

#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { columns_max = 32, tables_max = 64 };

typedef struct {
    int type;
    int length;  // of a text or blob
    union {
        sqlite3_int64 integer;
        double real;
        char *bytes;
    } as;
} Value;

typedef struct {
    char name[128];
    int columns;
    int rid;           // which column holds the resource's number; -1 for a table of shared rows
    Value *values;     // row after row
    size_t rows, room;
    size_t *order;     // the rows, sorted by resource
    size_t *first;     // where the rows of a resource begin in order; one more entry than there are resources
    sqlite3_stmt *insert;
} Table;

static sqlite3 *source, *limit;
static Table tables[tables_max];
static int table_count;
static sqlite3_int64 rid_max;

static void fail(const char *what, sqlite3 *db) {
    fprintf(stderr, "bare-sqlite: %s%s%s\n", what, db ? ": " : "", db ? sqlite3_errmsg(db) : "");
    exit(1);
}

static void run(sqlite3 *db, const char *sql) {
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) fail(message ? message : sql, NULL);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) fail(sql, db);
    return statement;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Only what every resource needs is written: its document, its id and its index rows. Projections are left out.
static int is_wanted(const char *table) {
    return !strncmp(table, "index_", 6) || !strcmp(table, "resource") || !strcmp(table, "resource_id")
        || !strcmp(table, "version") || !strcmp(table, "term");
}

// Reading

static Value value(sqlite3_stmt *row, int column) {
    Value v = {.type = sqlite3_column_type(row, column)};
    if (v.type == SQLITE_INTEGER) v.as.integer = sqlite3_column_int64(row, column);
    else if (v.type == SQLITE_FLOAT) v.as.real = sqlite3_column_double(row, column);
    else if (v.type != SQLITE_NULL) {
        const void *bytes = sqlite3_column_blob(row, column);
        v.length = sqlite3_column_bytes(row, column);
        v.as.bytes = malloc((size_t)v.length + 1);
        if (v.length) memcpy(v.as.bytes, bytes, (size_t)v.length);
    }
    return v;
}

static void read_table(Table *t) {
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT * FROM \"%.127s\"", t->name);
    sqlite3_stmt *rows = prepare(source, sql);
    t->columns = sqlite3_column_count(rows);
    if (t->columns > columns_max) fail("a table has too many columns", NULL);
    t->rid = -1;
    for (int i = 0; i < t->columns; i++)
        if (!strcmp(sqlite3_column_name(rows, i), "rid")) t->rid = i;
    while (sqlite3_step(rows) == SQLITE_ROW) {
        if (t->rows == t->room) {
            t->room = t->room ? 2 * t->room : 1024;
            t->values = realloc(t->values, t->room * (size_t)t->columns * sizeof(Value));
            if (!t->values) fail("out of memory", NULL);
        }
        Value *to = t->values + t->rows++ * (size_t)t->columns;
        for (int i = 0; i < t->columns; i++) to[i] = value(rows, i);
        if (t->rid >= 0 && to[t->rid].as.integer > rid_max) rid_max = to[t->rid].as.integer;
    }
    sqlite3_finalize(rows);
}

// Sorts the rows of a table by resource, by counting.
static void sort_by_resource(Table *t) {
    size_t resources = (size_t)rid_max + 1;
    t->first = calloc(resources + 1, sizeof *t->first);
    t->order = malloc((t->rows + 1) * sizeof *t->order);
    for (size_t row = 0; row < t->rows; row++)
        t->first[t->values[row * (size_t)t->columns + (size_t)t->rid].as.integer + 1]++;
    for (size_t r = 0; r < resources; r++) t->first[r + 1] += t->first[r];
    size_t *at = malloc(resources * sizeof *at);
    memcpy(at, t->first, resources * sizeof *at);
    for (size_t row = 0; row < t->rows; row++)
        t->order[at[t->values[row * (size_t)t->columns + (size_t)t->rid].as.integer]++] = row;
    free(at);
}

// Writing

static void insert(Table *t, size_t row) {
    const Value *values = t->values + row * (size_t)t->columns;
    for (int i = 0; i < t->columns; i++) {
        const Value *v = &values[i];
        if (v->type == SQLITE_INTEGER) sqlite3_bind_int64(t->insert, i + 1, v->as.integer);
        else if (v->type == SQLITE_FLOAT) sqlite3_bind_double(t->insert, i + 1, v->as.real);
        else if (v->type == SQLITE_TEXT) sqlite3_bind_text(t->insert, i + 1, v->as.bytes, v->length, SQLITE_STATIC);
        else if (v->type == SQLITE_BLOB) sqlite3_bind_blob(t->insert, i + 1, v->as.bytes, v->length, SQLITE_STATIC);
        else sqlite3_bind_null(t->insert, i + 1);
    }
    if (sqlite3_step(t->insert) != SQLITE_DONE) fail(t->name, limit);
    sqlite3_reset(t->insert);
}

static void copy_definitions(void) {
    sqlite3_stmt *rows = prepare(source, "SELECT type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC");
    while (sqlite3_step(rows) == SQLITE_ROW) {
        const char *type = (const char *)sqlite3_column_text(rows, 0);
        const char *table = (const char *)sqlite3_column_text(rows, 1);
        if (!is_wanted(table)) continue;
        run(limit, (const char *)sqlite3_column_text(rows, 2));
        if (strcmp(type, "table")) continue;
        if (table_count == tables_max) fail("too many tables", NULL);
        snprintf(tables[table_count++].name, sizeof tables[0].name, "%s", table);
    }
    sqlite3_finalize(rows);
}

static void prepare_inserts(void) {
    for (int i = 0; i < table_count; i++) {
        char sql[1024];
        int length = snprintf(sql, sizeof sql, "INSERT INTO \"%s\" VALUES (?", tables[i].name);
        for (int c = 1; c < tables[i].columns; c++) length += snprintf(sql + length, sizeof sql - (size_t)length, ",?");
        snprintf(sql + length, sizeof sql - (size_t)length, ")");
        tables[i].insert = prepare(limit, sql);
    }
}

int main(int argc, char **argv) {
    const char *store = NULL, *into = NULL;
    long per_commit = 300, slice = 100000;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--store")) store = argv[i + 1];
        else if (!strcmp(argv[i], "--into")) into = argv[i + 1];
        else if (!strcmp(argv[i], "--resources-per-commit")) per_commit = atol(argv[i + 1]);
        else if (!strcmp(argv[i], "--slice")) slice = atol(argv[i + 1]);
    }
    if (!store || !into || per_commit < 1) fail("usage: bare-sqlite --store FILE --into FILE [--resources-per-commit N]", NULL);
    if (sqlite3_open_v2(store, &source, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) fail(store, source);
    unlink(into);
    if (sqlite3_open(into, &limit) != SQLITE_OK) fail(into, limit);
    run(limit, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -262144;"
               "PRAGMA wal_autocheckpoint = 16384; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 8589934592");
    copy_definitions();
    size_t index_rows = 0, body_bytes = 0;
    for (int i = 0; i < table_count; i++) {
        read_table(&tables[i]);
        if (!strncmp(tables[i].name, "index_", 6)) index_rows += tables[i].rows;
    }
    sqlite3_stmt *sum = prepare(source, "SELECT coalesce(sum(length(body)), 0) FROM version");
    if (sqlite3_step(sum) == SQLITE_ROW) body_bytes = (size_t)sqlite3_column_int64(sum, 0);
    sqlite3_finalize(sum);
    for (int i = 0; i < table_count; i++)
        if (tables[i].rid >= 0) sort_by_resource(&tables[i]);
    prepare_inserts();
    fprintf(stderr, "  prepared %lld resources, %zu index rows\n", (long long)rid_max, index_rows);

    double start = now(), slice_start = start;
    double rates[4096];
    int rate_count = 0;
    size_t resources = 0;
    int open = 0;
    size_t shared[tables_max] = {0};
    for (sqlite3_int64 rid = 0; rid <= rid_max; rid++) {
        if (!open) run(limit, "BEGIN IMMEDIATE"), open = 1;
        size_t written = 0;
        for (int i = 0; i < table_count; i++) {
            Table *t = &tables[i];
            if (t->rid < 0) {
                // Shared rows, such as terms, are spread evenly over the load.
                size_t due = (size_t)((double)t->rows * (double)(rid + 1) / (double)(rid_max + 1));
                while (shared[i] < due) insert(t, shared[i]++);
                continue;
            }
            for (size_t at = t->first[rid]; at < t->first[rid + 1]; at++, written++) insert(t, t->order[at]);
        }
        if (!written) continue;
        resources++;
        if (resources % (size_t)per_commit == 0) run(limit, "COMMIT"), open = 0;
        if (resources % (size_t)slice == 0 && rate_count < 4096) {
            double t = now();
            rates[rate_count++] = (double)slice / (t - slice_start);
            fprintf(stderr, "  %8zu resources  %7.0f/s\n", resources, rates[rate_count - 1]);
            slice_start = t;
        }
    }
    if (open) run(limit, "COMMIT");
    double seconds = now() - start;

    printf("{\"resources\":%zu,\"seconds\":%.3f,\"perSecond\":%.1f,\"indexRows\":%zu,\"indexRowsPerResource\":%.2f,",
        resources, seconds, (double)resources / seconds, index_rows, (double)index_rows / (double)(resources ? resources : 1));
    printf("\"bodyBytes\":%zu,\"resourcesPerCommit\":%ld,\"slices\":[", body_bytes, per_commit);
    for (int i = 0; i < rate_count; i++) printf("%s%.0f", i ? "," : "", rates[i]);
    printf("]}\n");
    for (int i = 0; i < table_count; i++) sqlite3_finalize(tables[i].insert);
    sqlite3_close(limit);
    return 0;
}
