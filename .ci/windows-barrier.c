/* Shows that FlushProcessWriteBuffers does nothing on Wine 10 (see windows-barrier). Each of two threads writes its variable,
   then reads the other's. One calls FlushProcessWriteBuffers in between, so at least one of them must see the other's write.

       x86_64-w64-mingw32-gcc -O2 -o barrier.exe windows-barrier.c && wine barrier.exe

   On two cores, 13 to 126 of 200,000 rounds fail on Wine as Debian has it, and none with windows-barrier. */
#include <stdio.h>
#include <windows.h>

#define ROUNDS 200000
#define LINES 40

static struct { volatile LONG value; char padding[252]; } a, b, round_number, done, seen, lines[LINES];

static DWORD WINAPI other(void *unused)
{
    for (LONG i = 1; i <= ROUNDS; i++)
    {
        while (round_number.value != i)
            YieldProcessor();
        for (int k = 0; k < LINES; k++)
            lines[k].value = i; /* These lines are in the other core's cache. The next write waits behind them. */
        a.value = 1;
        __asm__ volatile("" ::: "memory"); /* The compiler keeps the order. */
        seen.value = b.value;
        done.value = i;
    }
    return 0;
}

int main(void)
{
    int failed = 0;
    HANDLE thread = CreateThread(NULL, 0, other, NULL, 0, NULL);
    for (LONG i = 1; i <= ROUNDS; i++)
    {
        a.value = b.value = 0;
        for (int k = 0; k < LINES; k++)
            lines[k].value = 0;
        MemoryBarrier();
        round_number.value = i;
        for (volatile int delay = 0; delay < i % 1024; delay++) {}
        b.value = 1;
        FlushProcessWriteBuffers();
        LONG mine = a.value;
        while (done.value != i)
            YieldProcessor();
        failed += mine == 0 && seen.value == 0;
    }
    WaitForSingleObject(thread, INFINITE);
    printf("%d of %d rounds: neither thread saw the other's write\n", failed, ROUNDS);
    return failed != 0;
}
