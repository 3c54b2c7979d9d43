namespace Sockeye;

/// <summary>A scope in which the thread has no <see cref="SynchronizationContext"/>.</summary>
internal readonly ref struct NoSyncContextScope
{
    private readonly SynchronizationContext? _context;

    private NoSyncContextScope(SynchronizationContext? context) => _context = context;

    public static NoSyncContextScope Enter()
    {
        var context = SynchronizationContext.Current;
        if (context is not null)
            SynchronizationContext.SetSynchronizationContext(null);
        return new(context);
    }

    public void Dispose()
    {
        if (_context is not null)
            SynchronizationContext.SetSynchronizationContext(_context);
    }
}
