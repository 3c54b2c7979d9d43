namespace Sockeye.Testing;

/// <summary>Ends a fault when it is disposed, once.</summary>
internal sealed class DisposableAction(Action lift) : IDisposable
{
    private Action? _action = lift;

    public void Dispose()
    {
        var lift = _action;
        _action = null;
        lift?.Invoke();
    }
}
