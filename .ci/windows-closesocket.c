/* Shows that closesocket() on Wine 10 ends no send that waits, and that the send then writes into a later socket with the same
   handle (see windows-known).

       x86_64-w64-mingw32-gcc -o closesocket.exe windows-closesocket.c -lws2_32 && wine closesocket.exe

   On Wine as Debian has it, this is so in 50 of 50 rounds. With CancelIoEx() before closesocket(), it is so in none. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <stdio.h>

#define ROUNDS 50
#define OTHERS 64

static struct sockaddr_in address;
static SOCKET listening;
static char sent[8 << 20], received[1 << 16];

static SOCKET make(void) { return WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED); }

/* Returns the accepted end. Its receives give up after 300 ms. */
static SOCKET join(SOCKET client)
{
    DWORD timeout = 300;
    connect(client, (struct sockaddr *)&address, sizeof address);
    SOCKET server = accept(listening, NULL, NULL);
    setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof timeout);
    return server;
}

int main(void)
{
    WSADATA data;
    int length = sizeof address, rounds = 0, ended = 0, wrong = 0;
    WSAStartup(MAKEWORD(2, 2), &data);
    listening = make();
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listening, (struct sockaddr *)&address, sizeof address);
    getsockname(listening, (struct sockaddr *)&address, &length);
    listen(listening, 8);

    static OVERLAPPED sends[ROUNDS]; /* They may outlive their round. */
    for (int round = 0; round < ROUNDS; round++)
    {
        SOCKET old = make(), old_peer = join(old), new = INVALID_SOCKET, others[OTHERS];
        WSABUF buffer = { sizeof sent, sent };
        int count = 0;
        sends[round].hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        WSASend(old, &buffer, 1, NULL, 0, &sends[round], NULL);
        closesocket(old);
        ended += WaitForSingleObject(sends[round].hEvent, 50) == WAIT_OBJECT_0;

        while (count < OTHERS && (new = make()) != old)
            others[count++] = new;
        if (new == old)
        {
            SOCKET peer = join(new);
            for (long total = 0, n; total < 4 << 20 && (n = recv(old_peer, received, sizeof received, 0)) > 0; total += n) {}
            rounds++;
            wrong += recv(peer, received, sizeof received, 0) > 0; /* Nothing was sent to it. */
            closesocket(new);
            closesocket(peer);
        }

        while (count > 0)
            closesocket(others[--count]);
        closesocket(old_peer);
    }

    printf("%d rounds: closesocket() ended %d sends; a new connection got bytes of an old one in %d\n", rounds, ended, wrong);
    return wrong != 0;
}
