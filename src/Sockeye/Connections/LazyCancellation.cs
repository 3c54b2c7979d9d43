namespace Sockeye;

/// <summary>A cancellation token that fires once. It is created on request, because most connections never need it.</summary>
/// <remarks>Safe from any thread. Must not be copied.</remarks>
internal struct LazyCancellation
{
    private static readonly CancellationTokenSource Fired = CreateFired();

    private CancellationTokenSource? _source;

    public CancellationToken Token
    {
        get
        {
            if (Volatile.Read(ref _source) is { } known)
                return known.Token;
            var source = new CancellationTokenSource();
            return (Interlocked.CompareExchange(ref _source, source, null) ?? source).Token;
        }
    }

    public readonly bool HasFired => Volatile.Read(in _source) is { IsCancellationRequested: true };

    /// <summary>Marks the token as fired. Returns the source that is still to be cancelled, if its token is in
    /// use.</summary>
    public CancellationTokenSource? Fire() =>
        Interlocked.CompareExchange(ref _source, Fired, null) is { } source && source != Fired ? source : null;

    private static CancellationTokenSource CreateFired()
    {
        var fired = new CancellationTokenSource();
        fired.Cancel();
        return fired;
    }
}
