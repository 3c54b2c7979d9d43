namespace Sockeye.Linux;

/// <summary>
/// Wakes a thread that waits in the kernel, by an eventfd(2) among the descriptors that it waits for, or as the only one.
/// </summary>
internal sealed class Waker : IDisposable
{
    private readonly SystemCalls _system;
    private int _isSleeping;
    private int _writers;

    public Waker(SystemCalls system, bool isBlocking)
    {
        _system = system;
        Descriptor = system.CreateEvent(isBlocking);
        if (Descriptor < 0)
            throw ((Errno)(-Descriptor)).ToException();
    }

    public int Descriptor { get; }

    /// <summary>Blocks until <see cref="Wake"/> is called. Only for a blocking waker.</summary>
    public void Wait() => _ = _system.WaitForEvent(Descriptor); // A signal may also end the wait. The caller checks again.

    /// <summary>
    /// Called before the thread waits. A full fence: either the thread sees work that is being added, or the adding thread sees
    /// that it sleeps.
    /// </summary>
    public void BeginSleep() => Interlocked.Exchange(ref _isSleeping, 1);

    public void EndSleep() => Volatile.Write(ref _isSleeping, 0);

    /// <summary>
    /// Wakes the thread if it sleeps. Safe from any thread. Called after work was added, which is a full fence. Only the first of
    /// several calls makes the system call.
    /// </summary>
    public void Wake()
    {
        if (Volatile.Read(ref _isSleeping) == 0)
            return;
        Interlocked.Increment(ref _writers);
        // The write fails only if 2^64 wakes are unread, and then the thread wakes anyway.
        if (Interlocked.Exchange(ref _isSleeping, 0) == 1)
            _ = _system.SetEvent(Descriptor);
        Interlocked.Decrement(ref _writers);
    }

    /// <summary>
    /// Called by the thread itself, which does not sleep again. Other threads may still call <see cref="Wake"/>.
    /// </summary>
    public void Dispose()
    {
        // A full fence: a writer that counts itself later sees that the thread is awake. Earlier writers are awaited, because
        // they must not write to a closed descriptor, whose number may be reused.
        Interlocked.Exchange(ref _isSleeping, 0);
        var spin = new SpinWait();
        while (Volatile.Read(ref _writers) > 0)
            spin.SpinOnce();
        _ = _system.Close(Descriptor);
    }
}
