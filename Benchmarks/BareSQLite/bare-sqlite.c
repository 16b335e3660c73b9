// The physical limit of a load: writes what a store of Health Brain holds, body for body and index row for index row,
// into an empty SQLite database by prepared statements and nothing else.
//
//   bare-sqlite --store var/healthbrain.db --into limit.db
//
// Everything is read into memory before the clock starts, and index rows are put in the order of their keys for each
// transaction, which SQLite likes best. Then the rows go into tables of the same definition, in the order in which the
// resources were stored, with the same journal (WAL), the same synchronous=FULL, and as many resources in a transaction
// as the store had on average. No HTTP, no JSON, no checks, no compression, no index values to derive. The result is one
// JSON object on the standard output.

#define _GNU_SOURCE
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
    size_t *order;     // the rows, transaction by transaction
    size_t *first;     // where the rows of a transaction begin in order; one more entry than there are transactions
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

static int compare(const void *a, const void *b, void *of) {
    const Table *t = of;
    const Value *left = t->values + *(const size_t *)a * (size_t)t->columns;
    const Value *right = t->values + *(const size_t *)b * (size_t)t->columns;
    for (int i = 0; i < t->columns; i++) {
        const Value *x = &left[i], *y = &right[i];
        if (x->type != y->type) return x->type - y->type;
        if (x->type == SQLITE_INTEGER && x->as.integer != y->as.integer) return x->as.integer < y->as.integer ? -1 : 1;
        if (x->type == SQLITE_FLOAT && x->as.real != y->as.real) return x->as.real < y->as.real ? -1 : 1;
        if (x->type == SQLITE_TEXT || x->type == SQLITE_BLOB) {
            int order = memcmp(x->as.bytes, y->as.bytes, (size_t)(x->length < y->length ? x->length : y->length));
            if (order || x->length != y->length) return order ? order : x->length - y->length;
        }
    }
    return 0;
}

// Deals the rows of a table out to the transactions, by counting, and sorts index rows in each by key, which is the
// whole row from the left.
static void deal(Table *t, size_t transactions, long per_commit) {
    t->first = calloc(transactions + 1, sizeof *t->first);
    t->order = malloc((t->rows + 1) * sizeof *t->order);
    size_t *at = calloc(transactions, sizeof *at);
    if (!t->first || !t->order || !at) fail("out of memory", NULL);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t row = 0; row < t->rows; row++) {
            // Shared rows, such as terms, are spread evenly over the load.
            size_t turn = t->rid < 0
                ? row * transactions / t->rows
                : (size_t)(t->values[row * (size_t)t->columns + (size_t)t->rid].as.integer / per_commit);
            if (pass == 0) t->first[turn + 1]++;
            else t->order[at[turn]++] = row;
        }
        if (pass) break;
        for (size_t i = 0; i < transactions; i++) t->first[i + 1] += t->first[i];
        memcpy(at, t->first, transactions * sizeof *at);
    }
    free(at);
    if (strncmp(t->name, "index_", 6)) return;
    for (size_t i = 0; i < transactions; i++)
        qsort_r(t->order + t->first[i], t->first[i + 1] - t->first[i], sizeof *t->order, compare, t);
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

static sqlite3_int64 number(const char *sql) {
    sqlite3_stmt *row = prepare(source, sql);
    sqlite3_int64 found = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_finalize(row);
    return found;
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
    long per_commit = 0, slice = 100000;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--store")) store = argv[i + 1];
        else if (!strcmp(argv[i], "--into")) into = argv[i + 1];
        else if (!strcmp(argv[i], "--resources-per-commit")) per_commit = atol(argv[i + 1]);
        else if (!strcmp(argv[i], "--slice")) slice = atol(argv[i + 1]);
    }
    if (!store || !into || per_commit < 0 || slice < 1) fail("usage: bare-sqlite --store FILE --into FILE [--resources-per-commit N]", NULL);
    if (sqlite3_open_v2(store, &source, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) fail(store, source);
    unlink(into);
    if (sqlite3_open(into, &limit) != SQLITE_OK) fail(into, limit);
    run(limit, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -262144;"
               "PRAGMA wal_autocheckpoint = 16384; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 8589934592");
    copy_definitions();
    size_t index_rows = 0;
    for (int i = 0; i < table_count; i++) {
        read_table(&tables[i]);
        if (!strncmp(tables[i].name, "index_", 6)) index_rows += tables[i].rows;
    }
    // All versions of one commit bear the same instant.
    sqlite3_int64 resources = number("SELECT count(*) FROM version");
    sqlite3_int64 body_bytes = number("SELECT coalesce(sum(length(body)), 0) FROM version");
    if (!per_commit) per_commit = (long)number("SELECT max(1, count(*) / max(1, count(DISTINCT at))) FROM version");
    size_t transactions = (size_t)(rid_max / per_commit) + 1;
    for (int i = 0; i < table_count; i++) deal(&tables[i], transactions, per_commit);
    prepare_inserts();
    fprintf(stderr, "  prepared %lld resources, %zu index rows, %ld resources a commit\n",
        (long long)resources, index_rows, per_commit);

    double start = now(), slice_start = start;
    double rates[4096];
    int rate_count = 0;
    long done = 0, slice_from = 0;
    for (size_t turn = 0; turn < transactions; turn++) {
        run(limit, "BEGIN IMMEDIATE");
        for (int i = 0; i < table_count; i++)
            for (size_t at = tables[i].first[turn]; at < tables[i].first[turn + 1]; at++)
                insert(&tables[i], tables[i].order[at]);
        run(limit, "COMMIT");
        done += per_commit;
        if (done - slice_from >= slice && rate_count < 4096) {
            double t = now();
            rates[rate_count++] = (double)(done - slice_from) / (t - slice_start);
            fprintf(stderr, "  %8ld resources  %7.0f/s\n", done, rates[rate_count - 1]);
            slice_start = t;
            slice_from = done;
        }
    }
    double seconds = now() - start;

    printf("{\"resources\":%lld,\"seconds\":%.3f,\"perSecond\":%.1f,\"indexRows\":%zu,\"indexRowsPerResource\":%.2f,",
        (long long)resources, seconds, (double)resources / seconds, index_rows,
        (double)index_rows / (double)(resources ? resources : 1));
    printf("\"bodyBytes\":%lld,\"resourcesPerCommit\":%ld,\"slices\":[", (long long)body_bytes, per_commit);
    for (int i = 0; i < rate_count; i++) printf("%s%.0f", i ? "," : "", rates[i]);
    printf("]}\n");
    for (int i = 0; i < table_count; i++) sqlite3_finalize(tables[i].insert);
    sqlite3_close(limit);
    return 0;
}
