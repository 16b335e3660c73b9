// Posts transaction bundles over HTTP/1.1 as fast as the server acknowledges them, with little work of its own.
//
//   load --port 8080 --corpus bundles.ndjson --resources 1000000 --connections 8
//
// The corpus holds one bundle a line. It is sent as often as is needed to reach the number of resources; in every copy
// but the first, each UUID gets other first eight digits, the same ones wherever it stands in that copy, so that all
// references stay whole and nothing is a duplicate. With --families 8 the last letter of each family name moves with the
// copy, eight variants of each, so that a name is not shared by ever more people. What counts is what the server acknowledges: the entries of the
// response bundles with status 201. The result is one JSON object on the standard output.

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { uuid_length = 36, connections_max = 256, slices_max = 4096, response_bytes_max = 64 << 20, latencies_max = 1 << 20 };

typedef struct {
    char *text;
    size_t length;
    uint32_t *uuids;  // offsets of the UUIDs in the text
    size_t uuid_count;
    uint32_t *families;  // offsets of the last letters of family names
    size_t family_count;
} Bundle;

static Bundle *bundles;
static size_t bundle_count;
static size_t longest;

static int port = 8080;
static long target = 1000000;
static long first_copy = 0;
static long slice = 100000;
static long family_variants = 1;

static atomic_long next_bundle;
static atomic_long acknowledged;
static atomic_long bytes_sent;
static atomic_long refused;
static atomic_int working;
static float latencies[latencies_max];  // of the bundles, in milliseconds
static pthread_mutex_t report_lock = PTHREAD_MUTEX_INITIALIZER;

static void fail(const char *what) {
    fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// The corpus

static int is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

static int is_uuid(const char *s) {
    for (int i = 0; i < uuid_length; i++) {
        int dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s[i] != '-' : !is_hex(s[i])) return 0;
    }
    return 1;
}

static void find_uuids(Bundle *b) {
    size_t room = 1024;
    b->uuids = malloc(room * sizeof *b->uuids);
    // A UUID has a dash at its ninth place: look at dashes only.
    for (char *dash = b->text; (dash = memchr(dash, '-', b->text + b->length - dash)); dash++) {
        size_t at = (size_t)(dash - b->text);
        if (at < 8 || at - 8 + uuid_length > b->length || !is_uuid(dash - 8)) continue;
        if (b->uuid_count == room) b->uuids = realloc(b->uuids, (room *= 2) * sizeof *b->uuids);
        b->uuids[b->uuid_count++] = (uint32_t)(at - 8);
        dash += uuid_length - 9;
    }
}

static void find_families(Bundle *b) {
    static const char mark[] = "\"family\":\"";
    size_t room = 0;
    const char *end = b->text + b->length;
    for (char *at = b->text; (at = memmem(at, (size_t)(end - at), mark, sizeof mark - 1));) {
        at += sizeof mark - 1;
        char *quote = memchr(at, '"', (size_t)(end - at));
        if (!quote) return;
        if (quote - at < 3 || quote[-1] < 'a' || quote[-1] > 'z') continue;
        if (b->family_count == room) b->families = realloc(b->families, (room = room ? 2 * room : 16) * sizeof *b->families);
        b->families[b->family_count++] = (uint32_t)(quote - 1 - b->text);
    }
}

static void read_corpus(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) fail(path);
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, file)) > 0) {
        while (length && (line[length - 1] == '\n' || line[length - 1] == '\r')) length--;
        if (!length) continue;
        bundles = realloc(bundles, (bundle_count + 1) * sizeof *bundles);
        Bundle *b = &bundles[bundle_count++];
        *b = (Bundle){.text = malloc((size_t)length), .length = (size_t)length};
        memcpy(b->text, line, (size_t)length);
        find_uuids(b);
        if (family_variants > 1) find_families(b);
        if (b->length > longest) longest = b->length;
    }
    free(line);
    fclose(file);
    if (!bundle_count) fail("the corpus is empty");
}

static void write_copy(char *out, const Bundle *b, long copy) {
    memcpy(out, b->text, b->length);
    if (copy == 0) return;
    for (size_t i = 0; i < b->family_count; i++) {
        char *letter = out + b->families[i];
        *letter = (char)('a' + (*letter - 'a' + copy % family_variants) % 26);
    }
    uint32_t mix = (uint32_t)copy * 2654435761u;
    for (size_t i = 0; i < b->uuid_count; i++) {
        char *digits = out + b->uuids[i];
        for (int d = 0; d < 8; d++) {
            int value = digits[d] <= '9' ? digits[d] - '0' : digits[d] - 'a' + 10;
            digits[d] = "0123456789abcdef"[value ^ ((mix >> (4 * d)) & 15)];
        }
    }
}

// One connection

typedef struct {
    int socket;
    char *text;  // of the response
    size_t room, length;
} Connection;

static void open_connection(Connection *c) {
    c->socket = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(c->socket, (struct sockaddr *)&address, sizeof address)) fail("connect");
    int yes = 1;
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static void send_all(Connection *c, char *head, size_t head_length, char *body, size_t body_length) {
    struct iovec parts[2] = {{head, head_length}, {body, body_length}};
    struct iovec *part = parts;
    int left = 2;
    while (left) {
        ssize_t sent = writev(c->socket, part, left);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) fail("send");
        while (left && (size_t)sent >= part->iov_len) {
            sent -= (ssize_t)part->iov_len;
            part++;
            left--;
        }
        if (left) {
            part->iov_base = (char *)part->iov_base + sent;
            part->iov_len -= (size_t)sent;
        }
    }
}

static void receive_more(Connection *c) {
    if (c->length + 65536 > c->room) {
        if (c->room > response_bytes_max) fail("a response is too long");
        c->text = realloc(c->text, c->room = c->room ? 2 * c->room : 1 << 20);
    }
    ssize_t got;
    do got = recv(c->socket, c->text + c->length, c->room - c->length - 1, 0);
    while (got < 0 && errno == EINTR);
    if (got <= 0) fail("the server closed a connection");
    c->length += (size_t)got;
    c->text[c->length] = 0;
}

// Reads one response; returns its status and sets where its body begins. Bodies come with a length or in chunks; the
// marks between chunks are left in, they don't matter for counting.
static int receive_response(Connection *c, size_t *body) {
    c->length = 0;
    char *end = NULL;
    do receive_more(c);
    while (!(end = strstr(c->text, "\r\n\r\n")));
    *body = (size_t)(end - c->text) + 4;
    int status = atoi(c->text + 9);
    char *length_field = strcasestr(c->text, "\r\ncontent-length:");
    if (length_field && length_field < end) {
        size_t whole = *body + strtoul(length_field + 17, NULL, 10);
        while (c->length < whole) receive_more(c);
    } else {
        while (c->length < *body + 5 || memcmp(c->text + c->length - 5, "0\r\n\r\n", 5)) receive_more(c);
    }
    return status;
}

static long count_created(const char *text, size_t length) {
    static const char mark[] = "\"status\":\"201";
    long count = 0;
    const char *at = text, *end = text + length;
    while ((at = memmem(at, (size_t)(end - at), mark, sizeof mark - 1))) {
        count++;
        at += sizeof mark - 1;
    }
    return count;
}

static void *work(void *unused) {
    (void)unused;
    Connection c = {0};
    open_connection(&c);
    char *body = malloc(longest);
    char head[256];
    while (atomic_load(&acknowledged) < target) {
        long turn = atomic_fetch_add(&next_bundle, 1);
        const Bundle *b = &bundles[(size_t)turn % bundle_count];
        // Without UUIDs a second copy would be the first once more.
        if ((size_t)turn >= bundle_count && !b->uuid_count) break;
        write_copy(body, b, first_copy + turn / (long)bundle_count);
        int head_length = snprintf(head, sizeof head,
            "POST /fhir HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/fhir+json\r\n"
            "Prefer: return=minimal\r\nContent-Length: %zu\r\n\r\n", b->length);
        double sent = now();
        send_all(&c, head, (size_t)head_length, body, b->length);
        size_t at;
        int status = receive_response(&c, &at);
        if (turn < latencies_max) latencies[turn] = (float)((now() - sent) * 1000);
        if (status == 200) {
            atomic_fetch_add(&acknowledged, count_created(c.text + at, c.length - at));
            atomic_fetch_add(&bytes_sent, (long)b->length);
        } else if (atomic_fetch_add(&refused, 1) == 0) {
            pthread_mutex_lock(&report_lock);
            fprintf(stderr, "load: bundle %ld was refused: %.2000s\n", turn, c.text);
            pthread_mutex_unlock(&report_lock);
        }
        if (atomic_load(&refused) > 100) fail("more than a hundred bundles were refused");
    }
    close(c.socket);
    free(body);
    atomic_fetch_sub(&working, 1);
    return NULL;
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    const char *corpus = NULL;
    int connections = 8;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--port")) port = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--corpus")) corpus = argv[i + 1];
        else if (!strcmp(argv[i], "--resources")) target = atol(argv[i + 1]);
        else if (!strcmp(argv[i], "--connections")) connections = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--first-copy")) first_copy = atol(argv[i + 1]);
        else if (!strcmp(argv[i], "--slice")) slice = atol(argv[i + 1]);
        else if (!strcmp(argv[i], "--families")) family_variants = atol(argv[i + 1]);
        else { errno = 0; fail("usage: load --port N --corpus FILE --resources N [--connections N] [--first-copy N] [--slice N] [--families N]"); }
    }
    errno = 0;
    if (!corpus || connections < 1 || connections > connections_max || slice < 1 || family_variants < 1) fail("see the head of load.c");
    read_corpus(corpus);

    double start = now(), slice_start = start;
    long slice_from = 0;
    double rates[slices_max];
    int rate_count = 0;
    pthread_t threads[connections_max];
    atomic_store(&working, connections);
    for (int i = 0; i < connections; i++) pthread_create(&threads[i], NULL, work, NULL);
    while (atomic_load(&working)) {
        usleep(20000);
        long done = atomic_load(&acknowledged);
        if (done - slice_from >= slice && rate_count < slices_max) {
            double t = now();
            rates[rate_count++] = (double)(done - slice_from) / (t - slice_start);
            fprintf(stderr, "  %8ld resources  %7.0f/s\n", done, rates[rate_count - 1]);
            slice_from = done;
            slice_start = t;
        }
    }
    for (int i = 0; i < connections; i++) pthread_join(threads[i], NULL);
    double seconds = now() - start;

    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    long done = atomic_load(&acknowledged), turns = atomic_load(&next_bundle);
    printf("{\"resources\":%ld,\"bundles\":%ld,\"refused\":%ld,\"seconds\":%.3f,\"perSecond\":%.1f,", done, turns,
        atomic_load(&refused), seconds, (double)done / seconds);
    long timed = turns < latencies_max ? turns : latencies_max;
    qsort(latencies, (size_t)timed, sizeof *latencies, ascending);
    printf("\"p50\":%.1f,\"p95\":%.1f,", timed ? latencies[timed / 2] : 0.0, timed ? latencies[timed * 95 / 100] : 0.0);
    printf("\"bytesSent\":%ld,\"clientCPUSeconds\":%.2f,\"slices\":[", atomic_load(&bytes_sent), cpu);
    for (int i = 0; i < rate_count; i++) printf("%s%.0f", i ? "," : "", rates[i]);
    printf("]}\n");
    return atomic_load(&refused) ? 2 : 0;
}
