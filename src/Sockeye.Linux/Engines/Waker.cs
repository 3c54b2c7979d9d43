namespace Sockeye.Linux;

/// <summary>Wakes a thread that waits in the kernel, by an eventfd(2): one of the things it waits for, or the only one.</summary>
internal sealed unsafe class Waker : IDisposable
{
    private int _isSleeping;
    private int _writers;

    public Waker(bool isBlocking)
    {
        Descriptor = Libc.EventDescriptor(
            0, Constants.EventCloseOnExec | (isBlocking ? 0 : Constants.EventNonBlocking));
        if (Descriptor < 0)
            throw Libc.LastError.ToException();
    }

    public int Descriptor { get; }

    /// <summary>Blocks until it is woken. For a blocking waker.</summary>
    public void Wait()
    {
        ulong count;
        _ = Libc.Read(Descriptor, (byte*)&count, sizeof(ulong)); // A signal may end it too: the caller checks again.
    }

    /// <summary>
    /// The thread is about to wait. A full fence: either the thread sees work that is being added, or its adder sees that the
    /// thread sleeps.
    /// </summary>
    public void BeginSleep() => Interlocked.Exchange(ref _isSleeping, 1);

    public void EndSleep() => Volatile.Write(ref _isSleeping, 0);

    /// <summary>Safe from any thread. Called after work was added, which is a full fence. Only the first of many pays for the
    /// system call.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _isSleeping) == 0)
            return;
        Interlocked.Increment(ref _writers);
        ulong one = 1;
        // It fails only if 2^64 wakes were not read, and then one can be read.
        if (Interlocked.Exchange(ref _isSleeping, 0) == 1)
            _ = Libc.Write(Descriptor, (byte*)&one, sizeof(ulong));
        Interlocked.Decrement(ref _writers);
    }

    /// <summary>For the thread itself, which does not sleep again; others may still wake it.</summary>
    public void Dispose()
    {
        // A full fence: a writer that counts itself from now on finds the thread awake. Those before must not write to a
        // descriptor whose number may be another file's by then.
        Interlocked.Exchange(ref _isSleeping, 0);
        var spin = new SpinWait();
        while (Volatile.Read(ref _writers) > 0)
            spin.SpinOnce();
        _ = Libc.Close(Descriptor);
    }
}
