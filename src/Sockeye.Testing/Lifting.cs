namespace Sockeye.Testing;

/// <summary>Ends a fault when it is disposed, once.</summary>
internal sealed class Lifting(Action lift) : IDisposable
{
    private Action? _lift = lift;

    public void Dispose()
    {
        var lift = _lift;
        _lift = null;
        lift?.Invoke();
    }
}
