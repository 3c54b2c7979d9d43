namespace Sockeye.Linux;

/// <summary>Wakes a thread that waits in the kernel, by an eventfd(2): among what it waits for, or alone.</summary>
internal sealed unsafe class WakeUp : IDisposable
{
    private int _sleeping;

    public WakeUp(bool isBlocking)
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
        if (Volatile.Read(ref _sleeping) == 0 || Interlocked.Exchange(ref _sleeping, 0) == 0)
            return;
        ulong one = 1;
        // It fails only if nobody has waited for 2^64 wake-ups, and then there is one to be seen.
        _ = Libc.Write(Descriptor, (byte*)&one, sizeof(ulong));
    }

    public void Dispose() => _ = Libc.Close(Descriptor);
}
