// Drives a FHIR server by one of three workloads from many clients at once, with little work of its own: one thread,
// one epoll, requests written from templates.
//
//   drive --port 8080 --workload crud --clients 300 --seconds 30
//   drive --port 8080 --workload transactions --clients 128 --seconds 10
//   drive --port 8080 --workload queries --queries FILE --clients 30 --seconds 20
//
// crud: each client creates nine resources that refer to one another, reads all, updates all, and deletes all in
// reverse: 36 requests an iteration. transactions: a bundle with one Patient and one Observation a request. queries: the
// lines of a file, a name and a path with a tab between them, in turn. No client waits between its requests. After
// --warmup seconds, which don't count, --seconds are measured. A header of all requests, such as one that signs in, stands
// as "Name: value" in the environment variable DRIVE_HEADER. The result is one JSON object on the standard output.

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { types = 9, id_max = 80, kinds_max = 256, clients_max = 4096, response_bytes_max = 256 << 20, request_max = 1 << 16 };

static void fail(const char *what) {
    fprintf(stderr, "drive: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// What is measured: latencies by kind of request

typedef struct {
    char name[96];
    float *milliseconds;
    size_t count, room;
    long errors;
    char first_error[600];
} Kind;

static Kind kinds[kinds_max];
static int kind_count;
static int is_measuring;

static int kind_of(const char *name, size_t length) {
    for (int i = 0; i < kind_count; i++)
        if (strlen(kinds[i].name) == length && !memcmp(kinds[i].name, name, length)) return i;
    if (kind_count == kinds_max || length >= sizeof kinds[0].name) fail("too many kinds of request, or too long a name");
    memcpy(kinds[kind_count].name, name, length);
    return kind_count++;
}

static void record(Kind *kind, double seconds, int is_good, const char *response) {
    if (!is_good && !kind->errors++) snprintf(kind->first_error, sizeof kind->first_error, "%s", response);
    if (!is_good) return;
    if (kind->count == kind->room) {
        kind->room = kind->room ? 2 * kind->room : 1024;
        kind->milliseconds = realloc(kind->milliseconds, kind->room * sizeof(float));
    }
    kind->milliseconds[kind->count++] = (float)(seconds * 1000);
}

// A client: one connection and what it is about to do

typedef struct {
    int socket;
    char *out;
    size_t out_length, out_sent;
    char *in;
    size_t in_length, in_room;
    double started;
    int kind;
    long serial;                // of the iteration, unique among all clients
    int step;                   // 0 to 35 in an iteration of crud
    char ids[types][id_max];    // that the server gave
} Client;

static char workload = 'c';
static long next_serial;
static uint64_t run_mark;

// Requests

static const char *type_names[types] = {
    "Patient", "Location", "Organization", "Practitioner", "Encounter", "Observation", "MedicationRequest", "Claim",
    "ExplanationOfBenefit"};

// @i the id of an update with its comma, @n the serial, @c a word that an update changes, @0 to @8 the ids by type.
static const char *templates[types] = {
    "{\"resourceType\":\"Patient\",@i\"identifier\":[{\"use\":\"official\",\"system\":\"urn:oid:2.16.156.10011.1.3\",\"value\":\"@n\"}],"
    "\"active\":true,\"name\":[{\"use\":\"official\",\"family\":\"Bench@n\",\"given\":[\"Ada\",\"Lin\"]}],\"telecom\":[{\"system\":\"phone\","
    "\"value\":\"555-@n\",\"use\":\"home\"}],\"gender\":\"@c\",\"birthDate\":\"1974-12-25\",\"address\":[{\"use\":\"home\",\"line\":"
    "[\"534 Erewhon St\"],\"city\":\"PleasantVille\",\"state\":\"Vic\",\"postalCode\":\"3999\",\"country\":\"AU\"}]}",

    "{\"resourceType\":\"Location\",@i\"status\":\"active\",\"name\":\"Ward @n\",\"description\":\"@c\",\"mode\":\"instance\",\"address\":"
    "{\"line\":[\"Galapagosweg 91\"],\"city\":\"Den Burg\",\"postalCode\":\"9105 PZ\",\"country\":\"NLD\"},\"position\":{\"longitude\":-83.69,"
    "\"latitude\":42.25}}",

    "{\"resourceType\":\"Organization\",@i\"active\":true,\"identifier\":[{\"system\":\"urn:oid:2.16.840.1.113883.3.19\",\"value\":\"o@n\"}],"
    "\"type\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/organization-type\",\"code\":\"prov\"}],\"text\":\"@c\"}],"
    "\"name\":\"Hospital @n\",\"telecom\":[{\"system\":\"phone\",\"value\":\"022-@n\"}]}",

    "{\"resourceType\":\"Practitioner\",@i\"active\":true,\"identifier\":[{\"system\":\"http://hl7.org/fhir/sid/us-npi\",\"value\":\"p@n\"}],"
    "\"name\":[{\"family\":\"Careful@n\",\"given\":[\"Adam\"],\"prefix\":[\"Dr\"]}],\"gender\":\"@c\",\"qualification\":[{\"code\":{\"text\":"
    "\"Bachelor of Science\"}}]}",

    "{\"resourceType\":\"Encounter\",@i\"status\":\"finished\",\"class\":{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\","
    "\"code\":\"AMB\"},\"type\":[{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\"162673000\"}],\"text\":\"@c\"}],\"subject\":"
    "{\"reference\":\"Patient/@0\"},\"participant\":[{\"individual\":{\"reference\":\"Practitioner/@3\"}}],\"period\":{\"start\":"
    "\"2024-05-01T09:00:00+08:00\",\"end\":\"2024-05-01T09:30:00+08:00\"},\"location\":[{\"location\":{\"reference\":\"Location/@1\"}}],"
    "\"serviceProvider\":{\"reference\":\"Organization/@2\"}}",

    "{\"resourceType\":\"Observation\",@i\"status\":\"final\",\"category\":[{\"coding\":[{\"system\":"
    "\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":\"vital-signs\"}]}],\"code\":{\"coding\":[{\"system\":"
    "\"http://loinc.org\",\"code\":\"29463-7\",\"display\":\"Body weight\"}],\"text\":\"@c\"},\"subject\":{\"reference\":\"Patient/@0\"},"
    "\"encounter\":{\"reference\":\"Encounter/@4\"},\"effectiveDateTime\":\"2024-05-01T09:10:00+08:00\",\"valueQuantity\":{\"value\":71.5,"
    "\"unit\":\"kg\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"kg\"}}",

    "{\"resourceType\":\"MedicationRequest\",@i\"status\":\"active\",\"intent\":\"order\",\"medicationCodeableConcept\":{\"coding\":[{\"system\":"
    "\"http://www.nlm.nih.gov/research/umls/rxnorm\",\"code\":\"313782\"}],\"text\":\"@c\"},\"subject\":{\"reference\":\"Patient/@0\"},"
    "\"encounter\":{\"reference\":\"Encounter/@4\"},\"authoredOn\":\"2024-05-01\",\"requester\":{\"reference\":\"Practitioner/@3\"}}",

    "{\"resourceType\":\"Claim\",@i\"status\":\"active\",\"type\":{\"coding\":[{\"system\":"
    "\"http://terminology.hl7.org/CodeSystem/claim-type\",\"code\":\"professional\"}],\"text\":\"@c\"},\"use\":\"claim\",\"patient\":{\"reference\":"
    "\"Patient/@0\"},\"created\":\"2024-05-01\",\"provider\":{\"reference\":\"Organization/@2\"},\"priority\":{\"coding\":[{\"code\":\"normal\"}]},"
    "\"insurance\":[{\"sequence\":1,\"focal\":true,\"coverage\":{\"display\":\"none\"}}],\"item\":[{\"sequence\":1,\"productOrService\":"
    "{\"text\":\"visit\"},\"encounter\":[{\"reference\":\"Encounter/@4\"}]}],\"total\":{\"value\":129.16,\"currency\":\"USD\"}}",

    "{\"resourceType\":\"ExplanationOfBenefit\",@i\"status\":\"active\",\"type\":{\"coding\":[{\"system\":"
    "\"http://terminology.hl7.org/CodeSystem/claim-type\",\"code\":\"professional\"}],\"text\":\"@c\"},\"use\":\"claim\",\"patient\":{\"reference\":"
    "\"Patient/@0\"},\"created\":\"2024-05-02\",\"insurer\":{\"display\":\"Insurer\"},\"provider\":{\"reference\":\"Organization/@2\"},"
    "\"claim\":{\"reference\":\"Claim/@7\"},\"outcome\":\"complete\",\"insurance\":[{\"focal\":true,\"coverage\":{\"display\":\"none\"}}],"
    "\"payment\":{\"amount\":{\"value\":103.33,\"currency\":\"USD\"}}}"};

static const char *transaction =
    "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"fullUrl\":\"urn:uuid:@u0\",\"resource\":{\"resourceType\":\"Patient\","
    "\"identifier\":[{\"system\":\"urn:oid:2.16.156.10011.1.3\",\"value\":\"t@n\"}],\"name\":[{\"family\":\"Bench@n\",\"given\":[\"Ada\"]}],"
    "\"gender\":\"female\",\"birthDate\":\"1974-12-25\"},\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}},{\"fullUrl\":\"urn:uuid:@u1\","
    "\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"29463-7\"}]},"
    "\"subject\":{\"reference\":\"urn:uuid:@u0\"},\"effectiveDateTime\":\"2024-05-01T09:10:00+08:00\",\"valueQuantity\":{\"value\":71.5,"
    "\"unit\":\"kg\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"kg\"}},\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}}]}";

// Writes a template with its marks filled in; gives the length.
static size_t fill(char *out, const char *from, const Client *c, int type, int is_update) {
    char *to = out;
    for (; *from; from++) {
        if (*from != '@') {
            *to++ = *from;
            continue;
        }
        from++;
        if (*from >= '0' && *from < '0' + types) to += sprintf(to, "%s", c->ids[*from - '0']);
        else if (*from == 'n') to += sprintf(to, "%lx-%lx", (long)(run_mark & 0xffffff), c->serial);
        else if (*from == 'i' && is_update) to += sprintf(to, "\"id\":\"%s\",", c->ids[type]);
        else if (*from == 'c') to += sprintf(to, "%s", is_update ? "male" : "female");
        else if (*from == 'u') {
            from++;
            to += sprintf(to, "%08lx-0000-4000-8000-%06lx00000%c", (long)(run_mark & 0xffffffff), c->serial & 0xffffff, *from);
        }
    }
    return (size_t)(to - out);
}

static const char *header;  // of all requests; null for none

static void write_request(Client *c, const char *method, const char *path, const char *body, size_t body_length) {
    int head = snprintf(c->out, request_max, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/fhir+json\r\n", method, path);
    if (head < 0 || head > request_max / 2) fail("a path is too long");
    if (header) head += snprintf(c->out + head, request_max / 4, "%s\r\n", header);
    if (body) head += sprintf(c->out + head, "Content-Type: application/fhir+json\r\nContent-Length: %zu\r\n", body_length);
    head += sprintf(c->out + head, "\r\n");
    if (body) memcpy(c->out + head, body, body_length);
    c->out_length = (size_t)head + (body ? body_length : 0);
    c->out_sent = 0;
}

typedef struct {
    char *path;
    int kind;
} Query;

static Query *queries;
static size_t query_count, next_query;

static void read_queries(const char *file_path) {
    FILE *file = fopen(file_path, "r");
    if (!file) fail(file_path);
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, file)) > 0) {
        if (line[length - 1] == '\n') line[--length] = 0;
        char *tab = strchr(line, '\t');
        if (!tab) continue;
        queries = realloc(queries, (query_count + 1) * sizeof *queries);
        queries[query_count++] = (Query){.path = strdup(tab + 1), .kind = kind_of(line, (size_t)(tab - line))};
    }
    free(line);
    fclose(file);
    if (!query_count) { errno = 0; fail("there are no queries"); }
}

static int verb_kinds[4];

// Prepares what the client sends next.
static void prepare(Client *c) {
    static char body[request_max / 2];
    char path[256];
    if (workload == 'q') {
        const Query *query = &queries[next_query++ % query_count];
        c->kind = query->kind;
        write_request(c, "GET", query->path, NULL, 0);
        return;
    }
    if (workload == 't') {
        c->serial = next_serial++;
        c->kind = verb_kinds[0];
        write_request(c, "POST", "/fhir", body, fill(body, transaction, c, 0, 0));
        return;
    }
    if (c->step == 0) c->serial = next_serial++;
    int verb = c->step / types, place = c->step % types, type = verb == 3 ? types - 1 - place : place;
    c->kind = verb_kinds[verb];
    if (verb == 0) {
        snprintf(path, sizeof path, "/fhir/%s", type_names[type]);
        write_request(c, "POST", path, body, fill(body, templates[type], c, type, 0));
    } else {
        snprintf(path, sizeof path, "/fhir/%s/%s", type_names[type], c->ids[type]);
        if (verb == 2) write_request(c, "PUT", path, body, fill(body, templates[type], c, type, 1));
        else write_request(c, verb == 1 ? "GET" : "DELETE", path, NULL, 0);
    }
}

// Whether the answer is the wanted one; takes the id of what was created, and moves on to the next step.
static int accept_response(Client *c, int status) {
    if (workload != 'c') return status == 200;
    int verb = c->step / types, type = c->step % types;
    int is_good = verb == 0 ? status == 201 : verb == 3 ? status == 200 || status == 204 : status == 200;
    if (verb == 0) {
        char mark[64];
        snprintf(mark, sizeof mark, "/%s/", type_names[type]);
        char *location = strcasestr(c->in, "\r\nlocation:");
        char *id = is_good && location ? strstr(location, mark) : NULL;
        size_t length = 0;
        if (id) {
            id += strlen(mark);
            length = strcspn(id, "/\r\n");
        }
        if (length && length < id_max) {
            memcpy(c->ids[type], id, length);
            c->ids[type][length] = 0;
        } else {
            // Without the id nothing else of this iteration can work.
            c->step = 0;
            return 0;
        }
    }
    c->step = (c->step + 1) % (4 * types);
    return is_good;
}

// The wire

static int poller;

static void open_client(Client *c, int port) {
    c->socket = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(c->socket, (struct sockaddr *)&address, sizeof address)) fail("connect");
    int yes = 1;
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->socket, &event)) fail("epoll_ctl");
}

// Requests are small enough for the socket's buffer: they are sent whole.
static void send_request(Client *c) {
    c->started = now();
    while (c->out_sent < c->out_length) {
        ssize_t sent = send(c->socket, c->out + c->out_sent, c->out_length - c->out_sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) fail("send");
        c->out_sent += (size_t)sent;
    }
    c->in_length = 0;
}

// Reads what is there. Gives the status once the whole response has come, 0 before.
static int receive(Client *c) {
    if (c->in_length + 65536 > c->in_room) {
        if (c->in_room > response_bytes_max) { errno = 0; fail("a response is too long"); }
        c->in = realloc(c->in, c->in_room = c->in_room ? 2 * c->in_room : 1 << 17);
    }
    ssize_t got = recv(c->socket, c->in + c->in_length, c->in_room - c->in_length - 1, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (got <= 0) fail("the server closed a connection");
    c->in_length += (size_t)got;
    c->in[c->in_length] = 0;
    char *end = strstr(c->in, "\r\n\r\n");
    if (!end) return 0;
    int status = atoi(c->in + 9);
    if (status == 204 || status == 304) return status;
    size_t body = (size_t)(end - c->in) + 4;
    *end = 0;
    char *field = strcasestr(c->in, "\r\ncontent-length:");
    *end = '\r';
    if (field) return c->in_length >= body + strtoul(field + 17, NULL, 10) ? status : 0;
    return c->in_length >= body + 5 && !memcmp(c->in + c->in_length - 5, "0\r\n\r\n", 5) ? status : 0;
}

// Runs for so many seconds.
static void run(double seconds) {
    struct epoll_event events[256];
    double end = now() + seconds;
    for (double time = now(); time < end;) {
        int count = epoll_wait(poller, events, 256, 100);
        if (count < 0 && errno != EINTR) fail("epoll_wait");
        time = now();
        for (int i = 0; i < count; i++) {
            Client *c = events[i].data.ptr;
            int status = receive(c);
            if (!status) continue;
            time = now();
            Kind *kind = &kinds[c->kind];
            int is_good = accept_response(c, status);
            if (is_measuring) record(kind, time - c->started, is_good, c->in);
            prepare(c);
            send_request(c);
        }
    }
}

// The report

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void print_figures(float *milliseconds, size_t count, long errors) {
    qsort(milliseconds, count, sizeof *milliseconds, ascending);
    double shares[] = {0.50, 0.95, 0.99};
    const char *names[] = {"p50", "p95", "p99"};
    printf("\"requests\":%zu,\"errors\":%ld", count, errors);
    for (int i = 0; i < 3; i++) {
        size_t place = (size_t)((double)count * shares[i]);
        printf(",\"%s\":%.3f", names[i], count ? milliseconds[place < count ? place : count - 1] : 0.0);
    }
}

static void print_string(const char *text) {
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') printf("\\%c", *text);
        else if ((unsigned char)*text < 32) printf("\\u%04x", *text);
        else putchar(*text);
    }
    putchar('"');
}

int main(int argc, char **argv) {
    int port = 8080, clients = 8;
    double seconds = 10, warmup = 2;
    const char *query_path = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--port")) port = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--workload")) workload = argv[i + 1][0];
        else if (!strcmp(argv[i], "--clients")) clients = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--seconds")) seconds = atof(argv[i + 1]);
        else if (!strcmp(argv[i], "--warmup")) warmup = atof(argv[i + 1]);
        else if (!strcmp(argv[i], "--queries")) query_path = argv[i + 1];
        else { errno = 0; fail("see the head of drive.c"); }
    }
    errno = 0;
    header = getenv("DRIVE_HEADER");
    if (header && strlen(header) > request_max / 8) fail("DRIVE_HEADER is too long");
    if (clients < 1 || clients > clients_max || !strchr("ctq", workload) || (workload == 'q') != (query_path != NULL))
        fail("see the head of drive.c");
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    run_mark = ((uint64_t)wall.tv_sec << 20) ^ (uint64_t)wall.tv_nsec ^ ((uint64_t)getpid() << 8);
    const char *verbs[] = {"create", "read", "update", "delete"};
    if (query_path) read_queries(query_path);
    else if (workload == 't') verb_kinds[0] = kind_of("transaction", 11);
    else for (int i = 0; i < 4; i++) verb_kinds[i] = kind_of(verbs[i], strlen(verbs[i]));

    poller = epoll_create1(0);
    Client *all = calloc((size_t)clients, sizeof *all);
    for (int i = 0; i < clients; i++) {
        all[i].out = malloc(request_max);
        open_client(&all[i], port);
        prepare(&all[i]);
        send_request(&all[i]);
    }
    run(warmup);
    is_measuring = 1;
    double start = now();
    run(seconds);
    double took = now() - start;

    size_t count = 0, at = 0;
    long errors = 0;
    for (int i = 0; i < kind_count; i++) {
        count += kinds[i].count;
        errors += kinds[i].errors;
    }
    float *together = malloc((count + 1) * sizeof *together);
    for (int i = 0; i < kind_count; i++) {
        memcpy(together + at, kinds[i].milliseconds, kinds[i].count * sizeof *together);
        at += kinds[i].count;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"seconds\":%.3f,\"perSecond\":%.1f,\"clients\":%d,", took, (double)count / took, clients);
    printf("\"clientCPUSeconds\":%.2f,", (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    print_figures(together, count, errors);
    printf(",\"kinds\":{");
    for (int i = 0; i < kind_count; i++) {
        printf("%s", i ? "," : "");
        print_string(kinds[i].name);
        printf(":{");
        print_figures(kinds[i].milliseconds, kinds[i].count, kinds[i].errors);
        if (kinds[i].errors) {
            printf(",\"firstError\":");
            print_string(kinds[i].first_error);
        }
        printf("}");
    }
    printf("}}\n");
    return errors ? 2 : 0;
}
