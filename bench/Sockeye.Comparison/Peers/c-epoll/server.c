/* Echo with epoll(7), level-triggered, one thread: the floor of what a readiness loop costs.
 * One recv() an event into a shared buffer of 64 KiB, one send() at once; what the kernel does not take is kept for its
 * connection, which is then not read until it is gone. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_SIZE (64 * 1024)
#define MAX_EVENTS 512

struct connection {
    int fd;
    char *kept;
    size_t kept_from, kept_to;
};

static char buffer[BUFFER_SIZE];
static int poll_fd;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void watch(struct connection *c, int op, unsigned events) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(poll_fd, op, c->fd, &event) < 0)
        die("epoll_ctl");
}

static void close_connection(struct connection *c) {
    close(c->fd);
    free(c->kept);
    free(c);
}

static void accept_all(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        struct connection *c = calloc(1, sizeof *c);
        if (!c)
            die("calloc");
        c->fd = fd;
        watch(c, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static void on_readable(struct connection *c) {
    ssize_t count = recv(c->fd, buffer, sizeof buffer, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        close_connection(c);
        return;
    }
    ssize_t sent = send(c->fd, buffer, count, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN) {
            close_connection(c);
            return;
        }
        sent = 0;
    }
    if (sent == count)
        return;
    c->kept = malloc(count - sent);
    if (!c->kept)
        die("malloc");
    memcpy(c->kept, buffer + sent, count - sent);
    c->kept_from = 0;
    c->kept_to = count - sent;
    watch(c, EPOLL_CTL_MOD, EPOLLOUT);
}

static void on_writable(struct connection *c) {
    ssize_t sent = send(c->fd, c->kept + c->kept_from, c->kept_to - c->kept_from, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN)
            close_connection(c);
        return;
    }
    c->kept_from += sent;
    if (c->kept_from < c->kept_to)
        return;
    free(c->kept);
    c->kept = NULL;
    watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int yes = 1;
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* Accepted connections inherit it on Linux. */
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 65535) < 0)
        die("listen");
    getsockname(listener, (struct sockaddr *)&address, &length);
    if ((poll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
        die("epoll_create1");

    /* Standard input ends when the program that started this one does. */
    struct connection accepting = {.fd = listener}, parent = {.fd = STDIN_FILENO};
    watch(&accepting, EPOLL_CTL_ADD, EPOLLIN);
    watch(&parent, EPOLL_CTL_ADD, EPOLLIN);
    printf("PORT %d\n", ntohs(address.sin_port));
    fflush(stdout);

    static struct epoll_event events[MAX_EVENTS];
    for (;;) {
        int count = epoll_wait(poll_fd, events, MAX_EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (c == &parent)
                return 0;
            if (c == &accepting)
                accept_all(listener);
            else if (c->kept)
                on_writable(c);
            else
                on_readable(c);
        }
    }
}
