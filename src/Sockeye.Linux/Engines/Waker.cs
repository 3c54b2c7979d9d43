namespace Sockeye.Linux;

/// <summary>Wakes a thread that waits in the kernel, by an eventfd(2): among what it waits for, or alone.</summary>
internal sealed unsafe class Waker : IDisposable
{
    private int _sleeping;
    private int _writers;

    public Waker(bool isBlocking)
    {
        Descriptor = Libc.EventDescriptor(
            0, Constants.EventCloseOnExec | (isBlocking ? 0 : Constants.EventNonBlocking));
        if (Descriptor < 0)
            throw Libc.LastError.ToException();
    }

    public int Descriptor { get; }

    /// <summary>Blocks until it is woken: for one that is blocking.</summary>
    public void Wait()
    {
        ulong count;
        _ = Libc.Read(Descriptor, (byte*)&count, sizeof(ulong)); // A signal may end it too: whoever waits looks again.
    }

    /// <summary>
    /// The thread is about to wait. A full fence: either it sees what is added now, or who adds it sees this.
    /// </summary>
    public void BeginSleep() => Interlocked.Exchange(ref _sleeping, 1);

    public void EndSleep() => Volatile.Write(ref _sleeping, 0);

    /// <summary>To be called after work was added, which is a full fence. Only the first of many pays for the call.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _sleeping) == 0)
            return;
        Interlocked.Increment(ref _writers);
        ulong one = 1;
        // It fails only if nobody has waited for 2^64 wake-ups, and then there is one to be seen.
        if (Interlocked.Exchange(ref _sleeping, 0) == 1)
            _ = Libc.Write(Descriptor, (byte*)&one, sizeof(ulong));
        Interlocked.Decrement(ref _writers);
    }

    /// <summary>On the engine thread, which will not sleep again; others may go on to wake it.</summary>
    public void Dispose()
    {
        // A full fence: who counts itself as a writer from now on finds that nobody sleeps. Those before must not write to a
        // descriptor whose number somebody else may have by then.
        Interlocked.Exchange(ref _sleeping, 0);
        var spin = new SpinWait();
        while (Volatile.Read(ref _writers) > 0)
            spin.SpinOnce();
        _ = Libc.Close(Descriptor);
    }
}
