/* Echo with io_uring(7), raw system calls, one thread: the floor of what a completion loop costs. Linux 6.1.
 * Multishot accept and recv, a ring of 256 buffers of 64 KiB; each received buffer is sent as it is and goes back to the ring
 * when it was. One send in flight a connection, so that the bytes keep their order; the buffers behind it wait in a list. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES 1024
#define BUFFERS 256
#define BUFFER_SIZE (64 * 1024)
#define NONE (-1)

/* In the two low bits of user_data; above them the connection, which malloc() aligns. */
enum op { ACCEPT, RECEIVE, SEND, PARENT };

struct connection {
    int fd, first, last; /* first and last: the buffers to send, a list through `next` */
    int receiving, sending, ended, starved;
    struct connection *next_starved;
};

static int ring_fd;
static unsigned *sq_head, *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask, sq_pending;
static struct io_uring_sqe *sqes;
static struct io_uring_cqe *cqes;
static struct io_uring_buf_ring *buffer_ring;
static char *buffers;
static int next[BUFFERS], lengths[BUFFERS], offsets[BUFFERS];
static uint16_t buffer_tail;
static struct connection *starved;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int enter(unsigned submit, unsigned wait, unsigned flags) {
    return syscall(__NR_io_uring_enter, ring_fd, submit, wait, flags, NULL, 0);
}

static struct io_uring_sqe *prepare(int op, int fd, enum op kind, struct connection *c) {
    unsigned tail = *sq_tail;
    if (tail - __atomic_load_n(sq_head, __ATOMIC_ACQUIRE) == ENTRIES) {
        if (enter(sq_pending, 0, 0) < 0)
            die("io_uring_enter");
        sq_pending = 0;
    }
    struct io_uring_sqe *sqe = &sqes[tail & *sq_mask];
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = op;
    sqe->fd = fd;
    sqe->user_data = (uint64_t)(uintptr_t)c | kind;
    sq_array[tail & *sq_mask] = tail & *sq_mask;
    __atomic_store_n(sq_tail, tail + 1, __ATOMIC_RELEASE);
    sq_pending++;
    return sqe;
}

static void give_back(int id) {
    struct io_uring_buf *buf = &buffer_ring->bufs[buffer_tail & (BUFFERS - 1)];
    buf->addr = (uint64_t)(uintptr_t)(buffers + (size_t)id * BUFFER_SIZE);
    buf->len = BUFFER_SIZE;
    buf->bid = id;
    __atomic_store_n(&buffer_ring->tail, ++buffer_tail, __ATOMIC_RELEASE);
}

static void receive(struct connection *c) {
    struct io_uring_sqe *sqe = prepare(IORING_OP_RECV, c->fd, RECEIVE, c);
    sqe->ioprio = IORING_RECV_MULTISHOT;
    sqe->flags = IOSQE_BUFFER_SELECT;
    c->receiving = 1;
}

static void send_first(struct connection *c) {
    struct io_uring_sqe *sqe = prepare(IORING_OP_SEND, c->fd, SEND, c);
    sqe->addr = (uint64_t)(uintptr_t)(buffers + (size_t)c->first * BUFFER_SIZE + offsets[c->first]);
    sqe->len = lengths[c->first] - offsets[c->first];
    sqe->msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
    c->sending = 1;
}

static void pop(struct connection *c) {
    int id = c->first;
    c->first = next[id];
    give_back(id);
    if (starved) {
        struct connection *hungry = starved;
        starved = hungry->next_starved;
        hungry->starved = 0;
        receive(hungry);
    }
}

static void close_if_done(struct connection *c) {
    if (!c->ended || c->receiving || c->sending || c->starved)
        return;
    close(c->fd);
    free(c);
}

static void accept_connections(int listener) {
    struct io_uring_sqe *sqe = prepare(IORING_OP_ACCEPT, listener, ACCEPT, NULL);
    sqe->ioprio = IORING_ACCEPT_MULTISHOT;
    sqe->accept_flags = SOCK_CLOEXEC;
}

static void on_accept(int listener, struct io_uring_cqe *cqe) {
    if (cqe->res >= 0) {
        struct connection *c = malloc(sizeof *c);
        if (!c)
            die("malloc");
        *c = (struct connection){.fd = cqe->res, .first = NONE};
        receive(c);
    }
    if (!(cqe->flags & IORING_CQE_F_MORE))
        accept_connections(listener);
}

static void on_receive(struct connection *c, struct io_uring_cqe *cqe) {
    c->receiving = (cqe->flags & IORING_CQE_F_MORE) != 0;
    if (cqe->flags & IORING_CQE_F_BUFFER) {
        int id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
        if (cqe->res <= 0 || c->ended) {
            give_back(id);
        } else {
            lengths[id] = cqe->res;
            offsets[id] = 0;
            next[id] = NONE;
            if (c->first == NONE)
                c->first = id;
            else
                next[c->last] = id;
            c->last = id;
            if (!c->sending)
                send_first(c);
        }
    }
    if (cqe->res == -ENOBUFS) {
        c->starved = 1;
        c->next_starved = starved;
        starved = c;
    } else if (cqe->res <= 0) {
        c->ended = 1;
    } else if (!c->receiving) {
        receive(c);
    }
    close_if_done(c);
}

static void on_send(struct connection *c, struct io_uring_cqe *cqe) {
    c->sending = 0;
    if (cqe->res < 0) {
        while (c->first != NONE)
            pop(c);
        c->ended = 1;
        shutdown(c->fd, SHUT_RDWR);
    } else {
        offsets[c->first] += cqe->res;
        if (offsets[c->first] == lengths[c->first])
            pop(c);
        if (c->first != NONE)
            send_first(c);
    }
    close_if_done(c);
}

static void set_up(void) {
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN |
                 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE,
        .cq_entries = 8 * ENTRIES,
    };
    if ((ring_fd = syscall(__NR_io_uring_setup, ENTRIES, &params)) < 0)
        die("io_uring_setup");
    size_t size = params.cq_off.cqes + params.cq_entries * sizeof *cqes;
    if (size < params.sq_off.array + params.sq_entries * sizeof(unsigned))
        size = params.sq_off.array + params.sq_entries * sizeof(unsigned);
    char *ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring_fd, IORING_OFF_SQ_RING);
    sqes = mmap(NULL, params.sq_entries * sizeof *sqes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring_fd,
                IORING_OFF_SQES);
    buffers = mmap(NULL, (size_t)BUFFERS * BUFFER_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    buffer_ring = mmap(NULL, BUFFERS * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED || sqes == MAP_FAILED || buffers == MAP_FAILED || buffer_ring == MAP_FAILED)
        die("mmap");
    sq_head = (unsigned *)(ring + params.sq_off.head);
    sq_tail = (unsigned *)(ring + params.sq_off.tail);
    sq_mask = (unsigned *)(ring + params.sq_off.ring_mask);
    sq_array = (unsigned *)(ring + params.sq_off.array);
    cq_head = (unsigned *)(ring + params.cq_off.head);
    cq_tail = (unsigned *)(ring + params.cq_off.tail);
    cq_mask = (unsigned *)(ring + params.cq_off.ring_mask);
    cqes = (struct io_uring_cqe *)(ring + params.cq_off.cqes);
    struct io_uring_buf_reg registration = {.ring_addr = (uint64_t)(uintptr_t)buffer_ring, .ring_entries = BUFFERS};
    if (syscall(__NR_io_uring_register, ring_fd, IORING_REGISTER_PBUF_RING, &registration, 1) < 0)
        die("io_uring_register");
    for (int id = 0; id < BUFFERS; id++)
        give_back(id);
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int yes = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* Accepted connections inherit it on Linux. */
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 65535) < 0)
        die("listen");
    getsockname(listener, (struct sockaddr *)&address, &length);
    set_up();
    accept_connections(listener);
    /* Standard input ends when the program that started this one does. */
    prepare(IORING_OP_POLL_ADD, STDIN_FILENO, PARENT, NULL)->poll32_events = POLLIN | POLLHUP;
    printf("PORT %d\n", ntohs(address.sin_port));
    fflush(stdout);

    for (;;) {
        int submitted = enter(sq_pending, 1, IORING_ENTER_GETEVENTS);
        if (submitted < 0 && errno != EINTR && errno != EBUSY && errno != EAGAIN)
            die("io_uring_enter");
        if (submitted > 0)
            sq_pending -= submitted;
        unsigned head = *cq_head, tail = __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE);
        while (head != tail) {
            struct io_uring_cqe cqe = cqes[head++ & *cq_mask];
            __atomic_store_n(cq_head, head, __ATOMIC_RELEASE);
            struct connection *c = (struct connection *)(uintptr_t)(cqe.user_data & ~(uint64_t)3);
            switch ((enum op)(cqe.user_data & 3)) {
            case ACCEPT: on_accept(listener, &cqe); break;
            case RECEIVE: on_receive(c, &cqe); break;
            case SEND: on_send(c, &cqe); break;
            case PARENT: return 0;
            }
        }
    }
}
